#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""DOLFINx 0.5 on the problems of `vesalius bench`; prints one line of JSON a run.

    dolfinx_peer.py poisson DEGREE N             -Laplace u = f on the unit cube, CG with BoomerAMG to 1e-8
    dolfinx_peer.py beltrami N STEPS END         P2/P1 on [-1, 1]^3, incremental pressure correction
    dolfinx_peer.py elasticity N                 linear, nu = 0.3, P2, unit cube with prescribed boundary, CG with GAMG to 1e-8
    dolfinx_peer.py block N STEPS                P2/P1 neo-Hookean unit cube, nu = 0.4999, compressed by a quarter

The flow is solved as Oasis does it (Mortensen and Valen-Sendstad 2015): one scalar matrix for all components,
Crank-Nicolson, convection extrapolated by Adams-Bashforth, so that all matrices and preconditioners are made once.
Times: processor seconds of this process, without the compilation of the forms.
"""
import json
import resource
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
    """The options that pay on tetrahedra: HMIS, extended+i interpolation, aggressive first level, forward Gauss-Seidel down and backward up."""
    options = PETSc.Options()
    for key, value in {"strong_threshold": 0.25, "coarsen_type": "HMIS", "interp_type": "ext+i", "P_max": 4,
                       "agg_nl": 1, "relax_type_down": "SOR/Jacobi", "relax_type_up": "backward-SOR/Jacobi", "no_CF": True}.items():
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


def rigid_motions(space, components):
    """Null space of elasticity for the owned unknowns of a vector space, for GAMG."""
    x = space.tabulate_dof_coordinates()
    n = space.dofmap.index_map.size_local
    vectors = []
    for k in range(6):
        values = np.zeros((n, 3))
        if k < 3:
            values[:, k] = 1
        else:
            i, j = [(0, 1), (1, 2), (2, 0)][k - 3]
            values[:, i], values[:, j] = -x[:n, j], x[:n, i]
        vectors.append(values.ravel())
    basis = np.linalg.qr(np.array(vectors).T)[0].T
    return PETSc.NullSpace().create(vectors=[PETSc.Vec().createWithArray(b.copy(), comm=COMM) for b in basis])


def gamg(prefix):
    options = PETSc.Options()
    for key, value in {"pc_type": "gamg", "mg_levels_ksp_type": "chebyshev", "mg_levels_pc_type": "jacobi"}.items():
        options[prefix + key] = value


def elasticity(n):
    domain = mesh.create_unit_cube(COMM, n, n, n)
    space = fem.VectorFunctionSpace(domain, ("Lagrange", 2))
    u, v, x = ufl.TrialFunction(space), ufl.TestFunction(space), ufl.SpatialCoordinate(domain)
    mu, lame = 1.0, 2 * 0.3 / (1 - 2 * 0.3)

    def sigma(w):
        strain = ufl.sym(ufl.grad(w))
        return 2 * mu * strain + lame * ufl.tr(strain) * ufl.Identity(3)

    a = compiled(ufl.inner(sigma(u), ufl.sym(ufl.grad(v))) * ufl.dx)
    L = compiled(ufl.inner(ufl.sin(ufl.pi * x[0]) * ufl.as_vector((1, 0, 0)), v) * ufl.dx)
    domain.topology.create_connectivity(2, 3)
    facets = mesh.exterior_facet_indices(domain.topology)
    bc = fem.dirichletbc(np.zeros(3), fem.locate_dofs_topological(space, 2, facets), space)
    solution = fem.Function(space)
    start = time.process_time()
    matrix = fem_petsc.assemble_matrix(a, [bc])
    matrix.assemble()
    rhs = fem_petsc.assemble_vector(L)
    fem_petsc.set_bc(rhs, [bc])
    assembled = time.process_time()
    matrix.setNearNullSpace(rigid_motions(space, 3))
    prefix = "elasticity_"
    gamg(prefix)
    solver = make_solver(matrix, "gamg", prefix, 1e-8)
    solver.setUp()
    prepared = time.process_time()
    solver.solve(rhs, solution.vector)
    solved = time.process_time()
    return {"dofs": 3 * space.dofmap.index_map.size_global, "assembly": assembled - start, "set_up": prepared - assembled,
            "solve": solved - prepared, "iterations": solver.getIterationNumber(), "error": 0}


def block(n, steps):
    """As its users write it: mixed element, forms compiled once, own Newton loop over PETSc's field split."""
    domain = mesh.create_unit_cube(COMM, n, n, n)
    element = ufl.MixedElement(ufl.VectorElement("Lagrange", domain.ufl_cell(), 2), ufl.FiniteElement("Lagrange", domain.ufl_cell(), 1))
    space = fem.FunctionSpace(domain, element)
    state, test, trial = fem.Function(space), ufl.TestFunction(space), ufl.TrialFunction(space)
    u, p = ufl.split(state)
    mu, nu = 1e4, 0.4999
    bulk = 2 * mu * (1 + nu) / (3 * (1 - 2 * nu))
    stabilising = min(10 * mu, bulk / 2)
    F = ufl.Identity(3) + ufl.grad(u)
    J = ufl.det(F)
    energy = (mu / 2 * (J**(-2 / 3) * ufl.tr(F.T * F) - 3) + stabilising / 2 * (J - 1)**2 + p * (J - 1) - p**2 / (2 * (bulk - stabilising))) * ufl.dx(metadata={"quadrature_degree": 5})
    residual = ufl.derivative(energy, state, test)
    tangent = ufl.derivative(residual, state, trial)
    du, dp = ufl.TrialFunctions(space)
    v, q = ufl.TestFunctions(space)
    preconditioner = tangent - ufl.derivative(ufl.derivative(-p**2 / (2 * (bulk - stabilising)) * ufl.dx, state, test), state, trial)
    preconditioner += -(1 / mu + 1 / (bulk - stabilising)) * ufl.inner(dp, q) * ufl.dx
    forms = [compiled(residual), compiled(tangent), compiled(preconditioner)]
    displacements, map_u = space.sub(0).collapse()
    top = fem.Function(displacements)
    bottom = fem.Function(displacements)
    held = fem.locate_dofs_geometrical((space.sub(0), displacements), lambda x: np.isclose(x[2], 0))
    moved = fem.locate_dofs_geometrical((space.sub(0), displacements), lambda x: np.isclose(x[2], 1))
    bcs = [fem.dirichletbc(bottom, held, space.sub(0)), fem.dirichletbc(top, moved, space.sub(0))]
    start = time.process_time()
    A, P = fem_petsc.create_matrix(forms[1]), fem_petsc.create_matrix(forms[2])
    b = fem_petsc.create_vector(forms[0])
    newton = krylov = 0
    u_rows = np.array(map_u, dtype=np.int32)
    p_rows = np.array(space.sub(1).collapse()[1], dtype=np.int32)
    order = np.argsort(u_rows)
    u_rows = u_rows[order]
    p_rows = np.sort(p_rows)
    # Rows of the displacement are sorted: their places, for the rigid motions.
    places = displacements.tabulate_dof_coordinates().repeat(3, axis=0)[order]
    component = np.tile(np.arange(3), len(places) // 3)[order]
    options = PETSc.Options()
    prefix = "block_"
    for key, value in {"pc_type": "fieldsplit", "pc_fieldsplit_type": "schur", "pc_fieldsplit_schur_fact_type": "upper", "pc_fieldsplit_schur_precondition": "a11",
                       "fieldsplit_u_ksp_type": "preonly", "fieldsplit_u_pc_type": "gamg", "fieldsplit_u_mg_levels_ksp_type": "chebyshev", "fieldsplit_u_mg_levels_pc_type": "jacobi",
                       "fieldsplit_u_mg_levels_ksp_max_it": "3", "fieldsplit_p_ksp_type": "preonly", "fieldsplit_p_pc_type": "jacobi"}.items():
        options[prefix + key] = value
    u_set, p_set = PETSc.IS().createGeneral(u_rows, comm=COMM), PETSc.IS().createGeneral(p_rows, comm=COMM)
    for step in range(1, steps + 1):
        top.x.array[:] = 0
        top.x.array[2::3] = -0.25 * step / steps
        in_place = False
        for _ in range(25):
            with b.localForm() as local:
                local.set(0)
            fem_petsc.assemble_vector(b, forms[0])
            rows = b.array.copy()
            supports = np.sqrt(sum(np.sum(rows[bc.dof_indices()[0]]**2) for bc in bcs))
            # Fixed unknowns move through the tangent, as in DOLFINx's own Newton solver.
            fem_petsc.apply_lifting(b, [forms[1]], [bcs], [state.vector], -1.0)
            fem_petsc.set_bc(b, bcs, state.vector, -1.0)
            norm = b.norm()
            if in_place and norm <= 1e-8 * supports:
                break
            for matrix, form in ((A, forms[1]), (P, forms[2])):
                matrix.zeroEntries()
                fem_petsc.assemble_matrix(matrix, form, bcs)
                matrix.assemble()
            solver = PETSc.KSP().create(COMM)
            solver.setOptionsPrefix(prefix)
            solver.setOperators(A, P)
            solver.setType("fgmres")
            solver.setGMRESRestart(100)
            solver.setFromOptions()
            solver.getPC().setFieldSplitIS(("u", u_set), ("p", p_set))
            solver.setTolerances(rtol=min(1e-4, max(1e-8, 1e-9 * supports / norm)) if in_place else 1e-6, atol=1e-300)
            block_u = P.createSubMatrix(u_set, u_set)
            vectors = []
            for k in range(6):
                values = np.zeros(len(places))
                if k < 3:
                    values[component == k] = 1
                else:
                    i, j = [(0, 1), (1, 2), (2, 0)][k - 3]
                    values[component == i] = -places[component == i, j]
                    values[component == j] = places[component == j, i]
                vectors.append(values)
            basis = np.linalg.qr(np.array(vectors).T)[0].T
            motions = PETSc.NullSpace().create(vectors=[PETSc.Vec().createWithArray(w.copy(), comm=COMM) for w in basis])
            block_u.destroy()
            u_set.compose("nearnullspace", motions)
            increment = b.copy()
            increment.set(0)
            solver.solve(b, increment)
            if solver.getConvergedReason() < 0:
                raise SystemExit(f"the linear solver did not converge ({solver.getConvergedReason()})")
            krylov += solver.getIterationNumber()
            newton += 1
            state.x.array[:] -= increment.array
            in_place = True
            solver.destroy()
    spent = time.process_time() - start
    z_space = space.sub(0).sub(2).collapse()[0]
    z_top = fem.locate_dofs_geometrical((space.sub(0).sub(2), z_space), lambda x: np.isclose(x[2], 1))[0]
    force = -float(np.sum(rows[np.array(z_top, dtype=np.int32)]))
    return {"dofs": space.dofmap.index_map.size_global * space.dofmap.index_map_bs, "core_seconds": spent, "newton": newton, "krylov": krylov, "force": force,
            "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


if __name__ == "__main__":
    kind, numbers = sys.argv[1], sys.argv[2:]
    # The first call compiles the forms; a small one before the timed one leaves that out.
    if kind == "poisson":
        poisson(int(numbers[0]), 2)
        print(json.dumps(poisson(int(numbers[0]), int(numbers[1]))))
    elif kind == "beltrami":
        beltrami(2, 1, float(numbers[2]) / int(numbers[1]))
        print(json.dumps(beltrami(int(numbers[0]), int(numbers[1]), float(numbers[2]))))
    elif kind == "elasticity":
        elasticity(2)
        print(json.dumps(elasticity(int(numbers[0]))))
    elif kind == "block":
        block(2, 4)
        print(json.dumps(block(int(numbers[0]), int(numbers[1]))))
    else:
        sys.exit(__doc__)
