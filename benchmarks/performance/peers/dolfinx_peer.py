#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""DOLFINx 0.5 on the problems of `vesalius bench`; prints one line of JSON a run.

    dolfinx_peer.py poisson DEGREE N             -Laplace u = f on the unit cube, CG with BoomerAMG to 1e-8
    dolfinx_peer.py beltrami N STEPS END         P2/P1 on [-1, 1]^3, incremental pressure correction

The flow is solved as Oasis does it (Mortensen and Valen-Sendstad 2015): one scalar matrix for all components,
Crank-Nicolson, convection extrapolated by Adams-Bashforth, so that all matrices and preconditioners are made once.
Times: processor seconds of this process, without the compilation of the forms.
"""
import json
import sys
import time

import numpy as np
import ufl
from dolfinx import fem, mesh
from dolfinx.fem import petsc as fem_petsc
from mpi4py import MPI
from petsc4py import PETSc

COMM = MPI.COMM_WORLD
COMPILER = {"cffi_extra_compile_args": ["-O3", "-march=native", "-ffast-math"], "cffi_libraries": ["m"]}
compilation = 0.0


def compiled(expression):
    """A form; what making it takes is not part of any timing."""
    global compilation
    start = time.process_time()
    form = fem.form(expression, jit_params=COMPILER)
    compilation += time.process_time() - start
    return form


def boomeramg(prefix):
    """The options that pay on tetrahedra: HMIS, extended+i interpolation, aggressive first level."""
    options = PETSc.Options()
    for key, value in {"strong_threshold": 0.5, "coarsen_type": "HMIS", "interp_type": "ext+i", "P_max": 4,
                       "agg_nl": 1, "relax_type_all": "symmetric-SOR/Jacobi"}.items():
        options[f"{prefix}pc_hypre_boomeramg_{key}"] = value


def make_solver(matrix, kind, prefix, tolerance):
    solver = PETSc.KSP().create(COMM)
    solver.setOptionsPrefix(prefix)
    solver.setOperators(matrix)
    solver.setType("cg")
    solver.getPC().setType(kind)
    if kind == "hypre":
        solver.getPC().setHYPREType("boomeramg")
        boomeramg(prefix)
    solver.setTolerances(rtol=tolerance, atol=1e-300)
    solver.setFromOptions()
    return solver


def poisson(degree, n):
    domain = mesh.create_unit_cube(COMM, n, n, n)
    space = fem.FunctionSpace(domain, ("Lagrange", degree))
    u, v, x = ufl.TrialFunction(space), ufl.TestFunction(space), ufl.SpatialCoordinate(domain)
    exact = ufl.sin(ufl.pi * x[0]) * ufl.sin(ufl.pi * x[1]) * ufl.sin(ufl.pi * x[2])
    a = compiled(ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx)
    L = compiled(3 * ufl.pi**2 * exact * v * ufl.dx)
    domain.topology.create_connectivity(2, 3)
    facets = mesh.exterior_facet_indices(domain.topology)
    bc = fem.dirichletbc(PETSc.ScalarType(0), fem.locate_dofs_topological(space, 2, facets), space)
    solution = fem.Function(space)
    error_form = compiled((solution - exact)**2 * ufl.dx)
    start = time.process_time()
    matrix = fem_petsc.assemble_matrix(a, [bc])
    matrix.assemble()
    rhs = fem_petsc.assemble_vector(L)
    fem_petsc.apply_lifting(rhs, [a], [[bc]])
    fem_petsc.set_bc(rhs, [bc])
    assembled = time.process_time()
    solver = make_solver(matrix, "hypre", f"poisson{degree}_", 1e-8)
    solver.setUp()
    prepared = time.process_time()
    solver.solve(rhs, solution.vector)
    solved = time.process_time()
    error = np.sqrt(fem.assemble_scalar(error_form) * 8)
    return {"dofs": space.dofmap.index_map.size_global, "assembly": assembled - start, "set_up": prepared - assembled,
            "solve": solved - prepared, "iterations": solver.getIterationNumber(), "error": error}


def beltrami_velocity(x, t, a=np.pi / 4, d=np.pi / 2):
    """Ethier and Steinman 1994, nu = 1."""
    decay = -a * np.exp(-d * d * t)
    return [decay * (np.exp(a * x[i]) * np.sin(a * x[j] + d * x[k]) + np.exp(a * x[k]) * np.cos(a * x[i] + d * x[j]))
            for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1))]


def beltrami_pressure(x, t, a=np.pi / 4, d=np.pi / 2):
    total = sum(np.exp(2 * a * x[i]) + 2 * np.sin(a * x[i] + d * x[j]) * np.cos(a * x[k] + d * x[i]) * np.exp(a * (x[j] + x[k]))
                for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)))
    return -0.5 * a * a * np.exp(-2 * d * d * t) * total


def beltrami(n, steps, end):
    global compilation
    dt = end / steps
    start, compilation = time.process_time(), 0.0
    domain = mesh.create_box(COMM, [[-1, -1, -1], [1, 1, 1]], [n, n, n])
    V, Q = fem.FunctionSpace(domain, ("Lagrange", 2)), fem.FunctionSpace(domain, ("Lagrange", 1))
    u, v, p, q = ufl.TrialFunction(V), ufl.TestFunction(V), ufl.TrialFunction(Q), ufl.TestFunction(Q)
    now, old, new = ([fem.Function(V) for _ in range(3)] for _ in range(3))
    pressure, increment = fem.Function(Q), fem.Function(Q)
    for i in range(3):
        now[i].interpolate(lambda x: beltrami_velocity(x, 0)[i])
        old[i].interpolate(lambda x: beltrami_velocity(x, -dt)[i])
    pressure.interpolate(lambda x: beltrami_pressure(x, -dt / 2))
    domain.topology.create_connectivity(2, 3)
    facets = mesh.exterior_facet_indices(domain.topology)
    on_boundary = fem.locate_dofs_topological(V, 2, facets)
    boundary_points = V.tabulate_dof_coordinates()[on_boundary].T
    data = [fem.Function(V) for _ in range(3)]
    bcs = [fem.dirichletbc(data[i], on_boundary) for i in range(3)]

    w = ufl.as_vector([1.5 * now[i] - 0.5 * old[i] for i in range(3)])
    k = fem.Constant(domain, PETSc.ScalarType(dt))  # a number would be compiled into the forms
    velocity_form = compiled(u * v / k * ufl.dx + 0.5 * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx)
    velocity_rhs = [compiled(now[i] * v / k * ufl.dx - 0.5 * ufl.inner(ufl.grad(now[i]), ufl.grad(v)) * ufl.dx
                             - ufl.dot(w, ufl.grad(w[i])) * v * ufl.dx + pressure * v.dx(i) * ufl.dx) for i in range(3)]
    # On the boundary the velocity is given: the pressure's boundary integral has no test function there.
    pressure_form = compiled(ufl.inner(ufl.grad(p), ufl.grad(q)) * ufl.dx)
    pressure_rhs = compiled(-sum(new[i].dx(i) for i in range(3)) * q / k * ufl.dx)
    mass_form = compiled(u * v * ufl.dx)
    update_rhs = [compiled(new[i] * v * ufl.dx - k * increment.dx(i) * v * ufl.dx) for i in range(3)]

    A, M = fem_petsc.assemble_matrix(velocity_form, [bcs[0]]), fem_petsc.assemble_matrix(mass_form, [bcs[0]])
    P = fem_petsc.assemble_matrix(pressure_form)
    for matrix in (A, M, P):
        matrix.assemble()
    constant = PETSc.NullSpace().create(constant=True, comm=COMM)
    P.setNullSpace(constant)
    velocity_solver = make_solver(A, "jacobi", "velocity_", 1e-6)
    mass_solver = make_solver(M, "jacobi", "mass_", 1e-6)
    pressure_solver = make_solver(P, "hypre", "pressure_", 1e-6)
    for solver in (velocity_solver, pressure_solver, mass_solver):
        solver.setInitialGuessNonzero(True)
    b, c = fem_petsc.create_vector(velocity_rhs[0]), fem_petsc.create_vector(pressure_rhs)
    iterations = [0, 0]

    def assemble(vector, form, bilinear=None, bc=None):
        with vector.localForm() as local:
            local.set(0)
        fem_petsc.assemble_vector(vector, form)
        if bc is not None:
            fem_petsc.apply_lifting(vector, [bilinear], [[bc]])
        vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        if bc is not None:
            fem_petsc.set_bc(vector, [bc])

    for step in range(1, steps + 1):
        values = beltrami_velocity(boundary_points, step * dt)
        for i in range(3):
            data[i].x.array[on_boundary] = values[i]
            assemble(b, velocity_rhs[i], velocity_form, bcs[i])
            new[i].x.array[:] = 2 * now[i].x.array - old[i].x.array
            velocity_solver.solve(b, new[i].vector)
            new[i].x.scatter_forward()
            iterations[0] += velocity_solver.getIterationNumber()
        assemble(c, pressure_rhs)
        constant.remove(c)
        pressure_solver.solve(c, increment.vector)
        increment.x.scatter_forward()
        iterations[1] += pressure_solver.getIterationNumber()
        for i in range(3):
            old[i].x.array[:] = now[i].x.array
            assemble(b, update_rhs[i], mass_form, bcs[i])
            now[i].x.array[:] = new[i].x.array
            mass_solver.solve(b, now[i].vector)
            now[i].x.scatter_forward()
        pressure.x.array[:] += increment.x.array
    spent = time.process_time() - start - compilation

    W = fem.VectorFunctionSpace(domain, ("Lagrange", 4))
    exact = fem.Function(W)
    exact.interpolate(lambda x: np.array(beltrami_velocity(x, end)))
    difference = sum((now[i] - exact[i])**2 for i in range(3))
    error = np.sqrt(fem.assemble_scalar(compiled(difference * ufl.dx)) / fem.assemble_scalar(compiled(ufl.inner(exact, exact) * ufl.dx)))
    return {"dofs": 3 * V.dofmap.index_map.size_global + Q.dofmap.index_map.size_global, "core_seconds": spent, "error": error,
            "velocity_iterations": iterations[0] / steps / 3, "pressure_iterations": iterations[1] / steps}


if __name__ == "__main__":
    kind, numbers = sys.argv[1], sys.argv[2:]
    # The first call compiles the forms; a small one before the timed one leaves that out.
    if kind == "poisson":
        poisson(int(numbers[0]), 2)
        print(json.dumps(poisson(int(numbers[0]), int(numbers[1]))))
    elif kind == "beltrami":
        beltrami(2, 1, float(numbers[2]) / int(numbers[1]))
        print(json.dumps(beltrami(int(numbers[0]), int(numbers[1]), float(numbers[2]))))
    else:
        sys.exit(__doc__)
