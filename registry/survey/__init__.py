"""Reading of survey workbooks: no database and no Django, so that it can run in a limited child process."""
