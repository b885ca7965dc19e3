"""The logs of the pack kept from growing for ever, by logrotate."""
