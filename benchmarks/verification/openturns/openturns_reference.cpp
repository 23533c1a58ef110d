// SPDX-License-Identifier: GPL-3.0-or-later
// Kriging by OpenTURNS, to hold ours against: reads a problem from the JSON file named, writes the answer as JSON. A program of its own: OpenTURNS
// brings a second MPI and a second MUMPS, without parallelism, whose symbols would meet those of PETSc's in one process.
#include <nlohmann/json.hpp>
#include <openturns/OT.hxx>

#include <fstream>
#include <iostream>

namespace
{

using Json = nlohmann::json;

OT::Sample sample_of(const Json &flat, OT::UnsignedInteger n_columns)
{
  OT::Sample sample(flat.size() / n_columns, n_columns);
  for (std::size_t i = 0; i < flat.size(); ++i)
    sample(i / n_columns, i % n_columns) = flat[i].get<double>();
  return sample;
}

OT::Point point_of(const Json &list)
{
  OT::Point point(list.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    point[i] = list[i].get<double>();
  return point;
}

template <class List>
Json json_of(const List &list)
{
  Json result = Json::array();
  for (OT::UnsignedInteger i = 0; i < list.getSize(); ++i)
    result.push_back(list[i]);
  return result;
}

struct Problem
{
  OT::UnsignedInteger d;
  OT::Sample          inputs, outputs, queries;
  OT::Basis           basis;
  OT::MaternModel     model;

  explicit Problem(const Json &json)
    : d(json.at("n_inputs").get<OT::UnsignedInteger>()), inputs(sample_of(json.at("inputs"), d)), outputs(sample_of(json.at("outputs"), 1)),
      queries(sample_of(json.at("queries"), d)), model(point_of(json.at("length_scales")), OT::Point(1, json.at("amplitude").get<double>()), 2.5)
  {
    if (json.at("trend") == "linear")
      basis = OT::LinearBasisFactory(d).build();
    model.setNuggetFactor(json.at("nugget").get<double>());
  }
};

/// At the hyperparameters of the problem: mean and variance at the queries.
Json at_given(const Problem &problem)
{
  OT::ResourceMap::SetAsBool("GeneralLinearModelAlgorithm-UseAnalyticalAmplitudeEstimate", false);
  OT::KrigingAlgorithm algorithm(problem.inputs, problem.outputs, problem.model, problem.basis);
  algorithm.setOptimizeParameters(false);
  algorithm.run();
  const auto result = algorithm.getResult();
  return {{"means", json_of(result.getConditionalMean(problem.queries).asPoint())}, {"variances", json_of(result.getConditionalMarginalVariance(problem.queries).asPoint())}};
}

/// Maximum likelihood from several starts, by the optimiser that OpenTURNS has for it.
Json optimised(const Problem &problem, const Json &json)
{
  OT::ResourceMap::SetAsBool("GeneralLinearModelAlgorithm-UseAnalyticalAmplitudeEstimate", true);
  OT::ResourceMap::SetAsBool("GeneralLinearModelAlgorithm-UnbiasedVariance", false);
  OT::GeneralLinearModelAlgorithm algorithm(problem.inputs, problem.outputs, problem.model, problem.basis);
  const OT::Interval              bounds(point_of(json.at("scale_low")), point_of(json.at("scale_high")));
  algorithm.setOptimizationBounds(bounds);
  OT::Sample starts = sample_of(json.at("starts"), problem.d);
  algorithm.setOptimizationAlgorithm(OT::MultiStart(OT::TNC(), starts));
  algorithm.run();
  const auto found  = algorithm.getResult().getCovarianceModel();
  const auto scales = found.getScale();
  return {{"length_scales", json_of(scales)}, {"amplitude", found.getAmplitude()[0]}, {"log_likelihood", algorithm.getObjectiveFunction()(scales)[0]}};
}

} // namespace

int main(int argc, char **argv)
{
  try
    {
      OT::Log::Show(OT::Log::NONE);
      std::ifstream stream(argc == 2 ? argv[1] : "");
      const Json    input = Json::parse(stream);
      const Problem problem(input);
      std::cout << Json{{"version", OT::PlatformInfo::GetVersion()}, {"given", at_given(problem)}, {"optimised", optimised(problem, input)}} << std::endl;
    }
  catch (const std::exception &error)
    {
      std::cerr << error.what() << std::endl;
      return 1;
    }
}
