// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/processes.h"
#include "solver/app/program.h"

int main(int argc, char **argv)
{
  vesalius::prepare_process();
  return vesalius::run_vesalius(argc, argv);
}
