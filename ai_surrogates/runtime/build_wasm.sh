#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build_wasm.sh OUTPUT.wasm [CLANG [WASM_LD]]: the runtime as a WebAssembly module of less than 8 kB.
# Exports are the functions' names without "vesalius_surrogate_", `memory`, and `__heap_base`, from where memory is the caller's.
set -eu
output="$1"
clang="${2:-clang}"
linker="${3:-wasm-ld}"
folder="$(dirname "$0")"
functions="open name n_inputs n_scalars n_fields describe_input describe_scalar describe_field card mesh_points mesh_triangles
  workspace_size check_domain predict_scalars predict_field"
names="" exports=""
for function in $functions; do
  names="$names -Dvesalius_surrogate_$function=$function"
  exports="$exports --export=$function"
done
# -disable-lsr, -enable-pre=0, --compress-relocations and the short names are for size; floating point stays as written.
# shellcheck disable=SC2086
"$clang" --target=wasm32 -std=c99 -O2 -mllvm -inline-threshold=-50 -fno-unroll-loops -mllvm -disable-lsr -mllvm -enable-pre=0 -msimd128 -mbulk-memory -mnontrapping-fptoint -msign-ext \
  -ffp-contract=off -fno-math-errno -nostdlib $names -c "$folder/vesalius_surrogate.c" -o "$output.o"
# shellcheck disable=SC2086
"$linker" --no-entry --strip-all --compress-relocations -O2 $exports --export=__heap_base "$output.o" -o "$output"
rm -f "$output.o"
