// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Before a function that nvcc compiles for both sides; nothing to other compilers.
#ifdef __CUDACC__
#define VESALIUS_HOST_DEVICE __host__ __device__
#else
#define VESALIUS_HOST_DEVICE
#endif
