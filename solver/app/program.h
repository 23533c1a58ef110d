// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vesalius
{

/// What main() does: runs the command, says on standard error what went wrong, and returns the exit status. Never throws.
int run_vesalius(int argc, char **argv);

} // namespace vesalius
