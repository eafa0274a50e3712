"""What is mounted into a sandbox: standard library only, any Python from 3.9."""
