"""What asks the operating system and is no source: programs, processes, accounts, files, locks."""
