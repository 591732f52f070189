"""Reading the text of files people uploaded: in a limited child process, because files may be hostile."""
