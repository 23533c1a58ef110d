// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/command_line.h"

#include "solver/app/failure.h"
#include "solver/core/parameter_tree.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

namespace vesalius
{

namespace
{
CLI::App *add_command(CLI::App &app, const std::string &name, const std::string &text, const std::string &example)
{
  CLI::App *command = app.add_subcommand(name, text);
  command->footer("Example:\n  vesalius " + example);
  command->fallthrough();
  return command;
}

void add_output(CLI::App *command, CommandLine &line, const std::string &text)
{
  command->add_option("--output", line.output, text)->type_name("DIR");
}

void add_overrides(CLI::App *command, CommandLine &line)
{
  command
    ->add_option("--set", line.overrides, "Overrides an entry of the case: \"Section/Entry = value\"; may be repeated")
    ->type_name("ENTRY")
    ->allow_extra_args(false); // the next word is not one more override
}

void add_unit_and_frame(CLI::App *command, CommandLine &line)
{
  command->add_option("--unit", line.unit, "Length unit of a surface or mesh that does not say it")
    ->check(CLI::IsMember({"m", "cm", "mm"}));
  command->add_option("--frame", line.frame, "Frame of a surface or mesh that does not say it")
    ->check(CLI::IsMember({"LPS", "RAS"}));
}

void add_keep_identifiers(CLI::App *command, CommandLine &line)
{
  command->add_flag("--keep-identifiers", line.keep_identifiers,
                    "Writes the patient's identifiers of a DICOM series to identifiers.json and marks the output; without it none leaves the series");
}

void add_run_options(CLI::App *command, CommandLine &line)
{
  add_output(command, line, "Folder of the results");
  add_overrides(command, line);
  add_unit_and_frame(command, line);
  command->add_option("--restart", line.restart, "Continues from a checkpoint in the output folder: latest, slot_N, or the last one up to a time (\"0.8 s\")")
    ->type_name("WHICH");
  command
    ->add_option("--allow-change", line.allowed_changes, "Entry (Section/Entry) that may differ from the checkpoint's; may be repeated")
    ->type_name("ENTRY")
    ->allow_extra_args(false);
  command->add_option("--time-limit", line.time_limit, "Wall time (\"2 h\") within which to end, with a checkpoint; within a SLURM job that job's, unless given")
    ->type_name("TIME");
  command->add_flag("--error-bars", line.error_bars,
                    "Runs the case on other meshes too and gives every quantity its interval (section Error bars)");
  command->add_flag("--force", line.force, "Computes every stage anew, changed or not; writes into a folder with other files, too");
  command->add_flag("--no-report", line.no_report, "Leaves out report.html");
  command->add_flag("--quiet", line.quiet, "Prints nothing but errors");
  command->add_flag("--profile", line.profile, "Shows at the end where the time went, phase by phase; also in profile.json");
  add_keep_identifiers(command, line);
  command->add_flag("--worker", line.is_worker)->group("");
}

void add_running(CLI::App &app, CommandLine &line)
{
  add_run_options(add_command(app, "demo",
                              "Runs the abdominal aorta of the built-in phantom, 2 ranks unless --ranks says otherwise",
                              "demo --output output/demo"),
                  line);
  auto *run = add_command(app, "run", "Runs a case: image, labels, surface, mesh, flow, report",
                          "--ranks 2 run cases/abdominal_aorta/case.prm --set \"Time/Cycles = 1\"");
  run->add_option("case", line.input, "Case file (.prm or .json)")->required();
  run->add_option("--device", line.device, "Where the steps are made: cpu, cuda (a GPU), or auto, which is cuda where there is one that knows the case. host-kernels is for tests: the GPU's "
                  "kernels on the processor's cores, one a rank")
    ->check(CLI::IsMember({"auto", "cpu", "cuda", "host-kernels"}));
  run->add_option("--samples", line.samples,
                  "CSV file with a sample a line: a name and values of entries (`sample, Boundaries/inlet/Flow`). They advance together on one mesh, five to "
                  "eight at a time on each rank; those that are finished are not run again")
    ->type_name("TABLE.csv");
  add_run_options(run, line);
  auto *check = add_command(app, "check", "Checks a case without running it; predicts steps, memory and time",
                            "check cases/abdominal_aorta/case.prm --budget-minutes 10");
  check->add_option("case", line.input, "Case file (.prm or .json)")->required();
  add_output(check, line, "Folder of the results, where an earlier run's mesh is looked for");
  add_overrides(check, line);
  add_unit_and_frame(check, line);
  check->add_option("--write", line.write, "Writes the case with every value in force to FILE.json or FILE.prm")
    ->type_name("FILE");
  check->add_flag("--full", line.full, "Makes the mesh first, so that boundaries and costs can be checked");
  check->add_option("--budget-minutes", line.budget_minutes, "Warns when the run is predicted to take longer");
  auto *bundle = add_command(app, "bundle", "Writes a case's mesh, matrices and initial state to a file for vesalius-gpu, the time loop on a device",
                             "bundle case.prm --output case.bundle --steps 100");
  bundle->add_option("case", line.input, "Case file (.prm or .json)")->required();
  bundle->add_option("--output", line.output, "The file to write")->type_name("FILE")->required();
  bundle->add_option("--steps", line.n_steps, "Steps that the file is for; to the end of the case unless given")->check(CLI::Range(1, 100000000));
  add_overrides(bundle, line);
  add_unit_and_frame(bundle, line);
  auto *report = add_command(app, "report", "Writes report.html of a finished run anew", "report output/demo");
  report->add_option("directory", line.input, "Output folder of a run")->required();
}

void add_looking(CLI::App &app, CommandLine &line)
{
  auto *info = add_command(app, "info", "One screen about an image, surface, mesh, table, data set, case or output folder",
                           "info output/demo/geometry/mesh.vtu");
  info->add_option("file", line.input, "File or folder")->required();
  add_unit_and_frame(info, line);
  info->add_flag("--json", line.json, "As JSON");
  auto *convert = add_command(app, "convert", "Writes a mesh or a surface in another format, in metres and LPS, or the runs of a data set as a table",
                              "convert output/demo/geometry/mesh.vtu aorta.msh");
  convert->add_option("from", line.input, "Mesh (.vtu, .vtk, .msh, SimVascular folder), surface (.vtp, .stl, .ply, .obj) or data set (.h5)")
    ->required();
  convert
    ->add_option("to", line.output,
                 "Mesh (.vtu, .msh, or a folder for SimVascular) or surface (.vtp, .stl, .glb; of a mesh its boundary); of a data set a table (.csv)")
    ->required();
  add_unit_and_frame(convert, line);
  convert->add_flag("--json", line.json, "Says what was written as JSON");
  auto *list = add_command(app, "list", "Lists every physics, boundary model and other plug-in", "list --json");
  list->add_flag("--json", line.json, "As JSON");
  auto *explain = add_command(app, "explain", "The manual page of a plug-in or of an entry of a case",
                              "explain Fluid/Viscosity");
  explain->add_option("name", line.input, "Name of a plug-in (`vesalius list`) or entry (Section/Entry)");
  explain->add_flag("--reference", line.reference, "The whole manual of entries, Markdown");
  explain->add_flag("--plugins", line.plugins, "The manual pages of all plug-ins, Markdown");
  auto *create = add_command(app, "new", "Writes a commented case to begin from", "new flow --output my_case");
  create->add_option("physics", line.model, "What to solve")->check(CLI::IsMember({"flow"}));
  add_output(create, line, "Folder to make, my_case unless given");
  add_command(app, "version", "Versions of this program and of its libraries", "version");
}

void add_stages(CLI::App &app, CommandLine &line)
{
  auto *phantom = add_command(app, "phantom", "Makes a CT-angiography phantom with its exact labels and centre line",
                              "phantom aorta --seed 3 --output phantom_3");
  phantom->add_option("name", line.input, "What to make")->required()->check(CLI::IsMember({"aorta"}));
  phantom->add_option("--seed", line.seed, "Varies shape, contrast and noise");
  phantom->add_option("--voxel", line.voxel_mm, "Voxel size in mm")->check(CLI::Range(0.3, 5.0));
  add_output(phantom, line, "Folder to write to, phantom_aorta_SEED unless given");

  const std::array<std::array<const char *, 3>, 3> stages{
    {{"segment", "Image to labels and level set", "segment aorta.mha --output output/patient"},
     {"surface", "Image or surface, repaired where broken, to closed surface with named caps and flow extensions",
      "surface vessel.stl --unit mm --set \"Surface/Extension = 3, inlet 5\""},
     {"mesh", "Image, labels, surface or case to tetrahedra with named boundaries and regions",
      "mesh vessel.stl --unit mm --set \"Mesh/Cells across = 10\""}}};
  for (const auto &[name, text, example] : stages)
    {
      auto *stage = add_command(app, name, text, example);
      stage->add_option("file", line.input, "Image, or surface (.vtp, .stl, .ply, .obj)")->required();
      add_output(stage, line, "Folder of the results, output/FILE unless given");
      add_overrides(stage, line);
      add_unit_and_frame(stage, line);
      stage->add_flag("--force", line.force, "Computes the stages anew, changed or not");
      add_keep_identifiers(stage, line);
      stage->add_flag("--json", line.json, "Prints geometry.json; progress goes to standard error");
    }

  auto *centerline = add_command(app, "centerline", "Centre lines with radius, curvature, sections, stenosis and aneurysm degree",
                                 "centerline vessel.stl --unit mm --frame RAS --output output/vessel");
  centerline->add_option("file", line.input, "Surface (.vtp, .stl, .ply), label image, or case file")->required();
  centerline->add_option("--label", line.label, "The vessel's label, where the image holds several")->check(CLI::Range(1, 65535));
  centerline->add_flag("--json", line.json, "Prints the table as JSON; progress goes to standard error");
  add_output(centerline, line, "Folder of centerline.vtp and centerline.json, output/FILE unless given");
  add_overrides(centerline, line);
  add_unit_and_frame(centerline, line);
  centerline->add_flag("--force", line.force, "Computes the stages of a case anew, changed or not");
  auto *calibrate = add_command(app, "calibrate", "Fits a tissue law to a measured curve; says which parameters the curve does not determine",
                                "calibrate pull.prm --output output/pull");
  calibrate->add_option("case", line.input, "Case file with the sections Tissue and Calibration (`vesalius explain tissue`)")->required();
  add_output(calibrate, line, "Folder of calibration.json, tissue.prm and curve.csv, output/CASE unless given");
  add_overrides(calibrate, line);
}

void add_surrogates(CLI::App &app, CommandLine &line)
{
  auto *sample = add_command(app, "sample", "Draws inputs of runs from their distributions: a table for `vesalius run --samples`",
                             "sample inputs.csv --n 120 --design latin-hypercube --output samples.csv");
  sample->add_option("inputs", line.input, "CSV file with an input a line: `entry, unit, distribution` (Boundaries/inlet/Flow, L/min, uniform 3 6)")->required();
  sample->add_option("--n", line.n_samples, "Number of samples; of a grid at most as many")->required()->check(CLI::Range(1, 1000000));
  sample->add_option("--design", line.design, "How they are spread; only independent draws may calibrate or test a surrogate")
    ->check(CLI::IsMember({"latin-hypercube", "sobol", "independent", "grid"}));
  sample->add_option("--seed", line.seed, "Of the draws of a Latin hypercube or independent ones");
  sample->add_option("--output", line.output, "The table to write")->type_name("FILE")->required();
  auto *ensemble = add_command(app, "ensemble", "Makes the data set of a surrogate: draws the inputs of a case's section Ensemble, runs them, takes their numbers and fields; goes on where it stopped",
                               "--ranks 2 ensemble cases/abdominal_aorta/case.prm --output aorta.h5");
  ensemble->add_option("case", line.input, "Case file (.prm or .json) with a section Ensemble (`vesalius explain Ensemble/Inputs`)")->required();
  ensemble->add_option("--output", line.output, "The data set, which the runs that it does not have are added to; the plan of all runs lies beside it")->type_name("FILE.h5")->required();
  add_overrides(ensemble, line);
  add_unit_and_frame(ensemble, line);
  auto *table = ensemble->add_option("--from", line.samples, "Makes the runs of a table instead of the planned ones, as training runs; its first line names the inputs with their units")
                  ->type_name("TABLE.csv");
  ensemble->add_option("--choose", line.n_chosen, "Makes so many training runs instead of the planned ones, where they lower the variance of models of the data set most")
    ->check(CLI::Range(1, 1000))
    ->excludes(table);
  ensemble->add_option("--mesh-error", line.n_mesh_error, "Runs so many draws on three meshes instead (`run --error-bars`) and writes the intervals of the scalars beside the data set, for `train --mesh-error`")
    ->check(CLI::Range(1, 100))
    ->excludes(table)
    ->excludes(ensemble->get_option("--choose"));
  ensemble->add_flag("--fall-back", line.is_fall_back)->group("")->needs(table);
  ensemble->add_option("--ranks-per-run", line.ranks_per_run, "Ranks that make a run together; so many runs are made at a time as --ranks holds")->check(CLI::Range(1, 100000));
  ensemble->add_option("--time-limit", line.time_limit, "Wall time (\"2 h\") within which to end; the same command goes on. Within a SLURM job that job's, unless given")
    ->type_name("TIME");
  ensemble->add_flag("--keep-runs", line.keep_runs, "Keeps the output folders of all runs, not only of those that failed");
  ensemble->add_flag("--quiet", line.quiet, "Prints nothing but errors");
  ensemble->add_flag("--worker", line.is_worker)->group("");
  auto *train = add_command(app, "train", "Trains a surrogate from a data set: Gaussian processes, polynomial chaos or networks, modes of fields, conformal intervals, domain",
                            "train dataset.h5 --output model.surr --trend \"pressure drop = flow*viscosity + flow^2\"");
  train->add_option("dataset", line.input, "Data set (docs/reference/dataset.md)")->required();
  train->add_option("--output", line.output, "The surrogate to write")->type_name("FILE.surr")->required();
  train->add_option("--trend", line.trends, "What physics says of an output's mean, up to its coefficients; tried beside a constant and a linear one; may be repeated")
    ->type_name("OUTPUT = SUM")
    ->allow_extra_args(false);
  train->add_option("--discretisation", line.discretisation, "Half-width of the mesh's own error of an output, in its unit, which is added to its interval; may be repeated")
    ->type_name("OUTPUT = VALUE")
    ->allow_extra_args(false);
  train->add_option("--mesh-error", line.mesh_error, "Table of `ensemble --mesh-error`: the largest half-width of each output is added to its interval")->type_name("TABLE.csv");
  train->add_option("--level", line.level, "Share of the runs that each output's interval is to hold, 0.9 unless given")->check(CLI::Range(0.5, 0.999));
  train->add_option("--intended-use", line.intended_use, "A sentence for the model card")->type_name("TEXT");
  train->add_flag("--networks", line.networks, "Tries ensembles of small networks too, which takes several times as long");
  train->add_option("--seed", line.seed, "Of folds, starts and reference draws");
  auto *recalibrate = add_command(app, "recalibrate", "Gives a surrogate new intervals from runs that its training has not seen; its models stay as they are",
                                  "recalibrate aorta.surr --data new.h5 --output aorta_new.surr");
  recalibrate->add_option("surrogate", line.input, "The surrogate (.surr)")->required();
  recalibrate->add_option("--data", line.data, "Data set with the calibration runs, and test runs where there are any (docs/reference/dataset.md)")->type_name("FILE.h5")->required();
  recalibrate->add_option("--output", line.output, "The surrogate to write; it may take the place of the old one")->type_name("FILE.surr")->required();
  recalibrate->add_option("--level", line.level, "Share of the runs that each output's interval is to hold, that of before unless given")->check(CLI::Range(0.5, 0.999));
  auto *predict = add_command(app, "predict", "Predicts from a surrogate for each line of a table, with interval and status",
                              "predict aorta.surr --inputs table.csv --output predictions.csv");
  predict->add_option("surrogate", line.input, "The surrogate (.surr)")->required();
  predict->add_option("--inputs", line.samples, "CSV file whose first line names the surrogate's inputs with their units (`vesalius info` shows them), one prediction a line")
    ->type_name("TABLE.csv")
    ->required();
  predict->add_option("--output", line.output, "CSV file to write; standard output unless given")->type_name("FILE");
  auto *output_file = predict->get_option("--output");
  auto *fallback    = predict->add_option("--fallback", line.fallback, "Case with a section Ensemble: its solver is run for the lines that are out of range or out of domain")
                     ->type_name("CASE")
                     ->needs(output_file);
  auto *data = predict->add_option("--data", line.data, "The data set that these runs join, as training runs")->type_name("FILE.h5")->needs(fallback);
  fallback->needs(data);
  predict->add_option("--fields", line.fields, "Folder for the predicted fields with their half-widths on the surface, line_N.vtu for each line of the table that is within the domain, or that the solver of --fallback answers")
    ->type_name("DIR");
  auto *page = add_command(app, "export-page", "Writes a surrogate's page: one HTML file with sliders, numbers, fields and model card, which works from disk without a network",
                           "export-page aorta.surr --output aorta.html");
  page->add_option("surrogate", line.input, "The surrogate (.surr)")->required();
  page->add_option("--output", line.output, "The page to write; the surrogate's name with .html, or _credibility.html, unless given")->type_name("FILE.html");
  page->add_flag("--credibility", line.credibility, "Writes a credibility report instead, after the questions of ASME V&V 40");
  page->add_option("--question", line.question, "Of the credibility report: the question of interest")->type_name("TEXT");
  page->add_option("--context", line.context, "Of the credibility report: the context of use")->type_name("TEXT");
  page->add_option("--records", line.records, "Of the credibility report: folder of the solver's verification records (`vesalius verify --output`); docs/validation of the source tree unless given")
    ->type_name("DIR");
  auto *onnx = add_command(app, "export-onnx", "Writes an ONNX copy of a surrogate: mean and sigma of every output and the status of the domain, for programs that run ONNX models",
                           "export-onnx aorta.surr --output aorta.onnx");
  onnx->add_option("surrogate", line.input, "The surrogate (.surr)")->required();
  onnx->add_option("--output", line.output, "The file to write; the surrogate's name with .onnx unless given")->type_name("FILE.onnx");
}

void add_verification(CLI::App &app, CommandLine &line)
{
  auto *verify = add_command(app, "verify", "Runs the benchmarks with a known answer; writes their pages and JSON",
                             "--ranks 2 verify flow --only cavity --output validation");
  verify->add_option("family", line.input, "What to verify: flow, ... ; all families unless given");
  verify->add_flag("--list", line.list, "Names the cases and runs none");
  verify->add_flag("--quick", line.quick, "Small meshes and limits to match, for the tests");
  verify->add_option("--only", line.only, "Runs this case alone; may be repeated")->type_name("CASE")->allow_extra_args(false);
  verify->add_option("--json", line.json_file, "Writes the records as JSON, one a quantity")->type_name("FILE");
  add_output(verify, line, "Folder of the pages; docs/validation in the source tree (not with --quick), else none");
  verify->add_option("--worker-results", line.worker_results)->group("");
  auto *bench = add_command(app, "bench", "Times kernels and whole cases, peers beside them; writes their pages and JSON",
                            "bench --only pipe --output performance");
  bench->add_flag("--list", line.list, "Names the cases and runs none");
  bench->add_flag("--quick", line.quick, "Small meshes and few repetitions, for the tests: no limit on any time");
  bench->add_option("--only", line.only, "Runs this case alone; may be repeated")->type_name("CASE")->allow_extra_args(false);
  bench->add_option("--json", line.json_file, "Writes the records as JSON, one a quantity")->type_name("FILE");
  add_output(bench, line, "Folder of the pages; docs/performance in the source tree (not with --quick), else none");
  bench->add_option("--worker-results", line.worker_results)->group("");
}

/// A clear word about commands that do not exist, before CLI11 takes them for a stray argument.
void refuse_unknown_command(const CLI::App &app, int argc, char **argv)
{
  std::vector<std::string> known;
  for (const auto *command : app.get_subcommands([](const CLI::App *) { return true; }))
    known.push_back(command->get_name());
  for (int i = 1; i < argc; ++i)
    {
      const std::string word = argv[i];
      if (word == "--ranks")
        ++i; // its value
      else if (!word.starts_with("-"))
        {
          if (std::find(known.begin(), known.end(), word) != known.end())
            return;
          const std::string near = closest_match(word, known);
          throw UsageError(fmt::format("there is no command '{}'{}; `vesalius --help` lists what there is", word,
                                       near.empty() ? "" : ", did you mean '" + near + "'?"));
        }
    }
}
} // namespace

CommandLine parse_command_line(int argc, char **argv)
{
  CommandLine line;
  line.as_typed.assign(argv, argv + argc);
  CLI::App app{"Vesalius: from a CT or MR image to a haemodynamics report.\n"
               "Research software, not a medical device.",
               "vesalius"};
  bool wants_version = false;
  app.require_subcommand(0, 1);
  app.add_flag("--version", wants_version, "The same as the command version");
  app.add_option("--ranks", line.n_ranks, "MPI ranks of `run`, `demo`, `ensemble`, `predict --fallback`, `verify` and `bench` (of `bench` all cores unless given)")->check(CLI::Range(1, 100000));
  app.footer("Exit status: 0 done; 1 usage; 2 invalid input; 3 the solver failed, last good state saved;\n"
             "             4 file or resource; 70 a bug; 75 stopped early, with a checkpoint.\n"
             "Example:\n  vesalius demo");
  add_running(app, line);
  add_looking(app, line);
  add_stages(app, line);
  add_surrogates(app, line);
  add_verification(app, line);
  refuse_unknown_command(app, argc, argv);
  try
    {
      app.parse(argc, argv);
    }
  catch (const CLI::CallForHelp &error)
    {
      app.exit(error, std::cout, std::cerr);
      return line;
    }
  catch (const CLI::ParseError &error)
    {
      throw UsageError(std::string(error.what()) + "; `--help` shows the options and an example");
    }
  if (!wants_version && app.get_subcommands().empty())
    throw UsageError("a command is required; `--help` shows the commands and an example");
  line.command = wants_version ? "version" : app.get_subcommands().front()->get_name();
  return line;
}

} // namespace vesalius
