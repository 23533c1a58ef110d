// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

/// What ai_surrogates/networks.cpp and its module exchange: C alone, so that only the module sees libtorch, which takes half a second to load.
extern "C" {

/// Networks  y = V tanh(W u + b) + a  for p outputs of d inputs. The arrays hold where the training starts, then what it found.
struct vesalius_network_task
{
  std::size_t   n_runs, n_inputs, n_outputs, n_units, n_members;
  int           most_steps;
  double        decay;           ///< times the squares of W and V, added to the mean over runs of the squared errors' sum
  const double *inputs, *outputs; ///< [runs, d], [runs, p], both of the order of one
  double       *weights;         ///< W of each member, [members, units, d]
  double       *biases;          ///< b, [members, units]
  double       *output_weights;  ///< V, [members, p, units]
  double       *output_biases;   ///< a, [members, p]
};

/// Null, or what went wrong.
using vesalius_train_networks_function = const char *(const vesalius_network_task *);
vesalius_train_networks_function vesalius_train_networks;
}
