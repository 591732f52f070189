"""Papers of a case: letters, certificates and forms as A4 pages, and the archive package at its close."""
