// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"
#include "solver/core/run_context.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/mesh.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// What a physics says of the case before it is run (`vesalius check`).
struct RunEstimate
{
  double n_steps = 0, seconds = 0, memory_bytes = 0;
  std::vector<std::pair<std::string, std::string>> warnings; ///< message, what to do
};

/// A scalar result with its unit, for the report and quantities.json.
struct ResultQuantity
{
  std::string name, unit, location; ///< location: "wall", "outlet_left", ...
  double      value = 0;            ///< in `unit`
  std::string reference_band;       ///< "0.4 to 7 Pa (source)", "" if none
};

/// A field that a finished run has on the vertices of its mesh.
struct ResultField
{
  std::string name, unit; ///< SI
  int         n_components = 1;
};

/// The contract of a set of equations. All members are collective over the run's communicator;
/// `mesh` is read on rank 0 only.
class PhysicsModel
{
public:
  virtual ~PhysicsModel() = default;

  virtual void declare_parameters(ParameterTree &parameters) const = 0;
  /// Checks that need the case alone, before any image is read: files that exist, values that fit together.
  /// Throws InputError with all problems. Runs on one process.
  virtual void check_case(const ParameterTree & /*parameters*/) const {}
  /// Checks that need the mesh but no set-up: every boundary has one condition, plausible values.
  /// Throws InputError with all problems. Runs on one process.
  virtual RunEstimate check(const ParameterTree &parameters, const Mesh &mesh, int n_ranks) const = 0;
  /// Overrides that make the time step of the case `factor` times longer, for a run on a mesh that much coarser; none
  /// where the equations have no time step of their own.
  virtual std::vector<std::string> scaled_time_step(const ParameterTree &, double) const { return {}; }
  /// Overrides that make the case use elements of a lower order on the same mesh; none where there are none for it.
  virtual std::vector<std::string> lower_order(const ParameterTree &) const { return {}; }
  /// Distributes the mesh, builds matrices, sets the initial state.
  virtual void set_up(const ParameterTree &parameters, const Mesh &mesh, RunContext &context) = 0;
  /// Restores the state from a checkpoint. Throws InputError where it does not fit.
  virtual void restart(const std::string &checkpoint) = 0;
  /// True for entries ("Time/Cycles") that a restart may have other than the checkpoint: they do not touch what has been computed.
  virtual bool may_change_at_restart(const std::string & /*entry*/) const { return false; }
  virtual double time() const    = 0; ///< s, of the last accepted step
  virtual int    n_steps() const = 0; ///< accepted so far
  /// One accepted time step. Throws SolverFailure when no step size helps.
  virtual StepLine step() = 0;
  /// True when the end time, the steady state or the last cycle is reached.
  virtual bool finished() const = 0;
  /// Writes fields and statistics that are due at the present state.
  virtual void write_output() = 0;
  /// `texts` go into the checkpoint as they are.
  virtual void write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts) = 0;
  /// Throws InputError with every entry of the case whose steps cannot be made on a device (RunContext::device); where none can,
  /// always. Runs on one process.
  virtual void check_device_case(const ParameterTree &parameters) const;
  /// The same of the mesh, for cases that check_device_case() lets pass.
  virtual void check_device_mesh(const ParameterTree & /*parameters*/, const Mesh & /*mesh*/) const {}
  /// Throws InputError with every entry of the case that the loop of `vesalius-gpu` with a bundle does not know; without such a
  /// loop, always.
  virtual void check_bundle_case(const ParameterTree &parameters) const;
  /// Writes the initial state with all that vesalius-gpu needs for `n_steps` steps, 0: to the end of the case. After set_up(),
  /// before the first step, on one process. Returns the number of steps.
  virtual int write_bundle(const std::string &path, int n_steps);
  /// Throws InputError with everything in which these samples of one case differ and may not when they are to advance together, and
  /// with what such samples may not have at all; without such a way, always. Needs no mesh. Runs on one process.
  virtual void check_together(const std::vector<const ParameterTree *> &samples) const;
  /// From now on step() advances these models, too: samples that check_together() has let pass, all set up on the same mesh on a
  /// communicator of one process, before their first step or all restored from checkpoints of one step, which they have written in such a group. At most largest_group() in all. Each writes its own output.
  virtual void lead(const std::vector<PhysicsModel *> &others);
  virtual int  largest_group() const { return 1; }
  /// Last outputs: averaged wall fields, quantities.
  virtual void finish() = 0;
  virtual std::vector<ResultQuantity> quantities() const = 0;
  /// In what the results of a finished run are not what the case asks for ("the flow is not steady after 20 steps"); "" if they are.
  virtual std::string shortfall() const { return ""; }
  /// What result_field() may be asked for; the same for every case.
  virtual std::vector<ResultField> result_fields() const { return {}; }
  /// One of them, after finish(): on rank 0 [vertex of the mesh][component], NaN at vertices where it is not defined, such as those off the wall; empty on
  /// other ranks.
  virtual std::vector<double> result_field(const std::string &name) const;

  /// How an image that the case names is read, on rank 0; the program gives it before check_case(). Throws InputError.
  using ImageReader = std::function<Image(const std::string &path)>;
  void set_image_reader(ImageReader reader) { image_reader_ = std::move(reader); }

protected:
  const ImageReader &image_reader() const { return image_reader_; }

private:
  ImageReader image_reader_;
};

} // namespace vesalius
