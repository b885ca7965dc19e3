"""The federation pack: profiles, set-up, git, rotation."""
