# SPDX-License-Identifier: MIT
"""What the system tests are built from: account, database, supervisor, control socket, /proc, ledger and audit."""
