// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/onnx_export.h"

#include "solver/core/errors.h"

#ifdef VESALIUS_WITH_ONNX

#include "ai_surrogates/runtime/vesalius_surrogate.h"
#include "ai_surrogates/surrogate_reader.h"
#include "ai_surrogates/surrogate_writer.h"
#include "solver/core/provenance.h"

#include <nlohmann/json.hpp>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>
#include <set>

namespace vesalius::surrogates
{

namespace
{
using Json  = nlohmann::ordered_json;
using Value = std::string; ///< the name of what a node or a constant gives
using Shape = std::vector<std::size_t>;
using Type  = onnx::TensorProto_DataType;

constexpr Type as_double = onnx::TensorProto_DataType_DOUBLE, as_single = onnx::TensorProto_DataType_FLOAT, as_int64 = onnx::TensorProto_DataType_INT64,
               as_int32 = onnx::TensorProto_DataType_INT32;

constexpr const char *of_any_number = "runs"; ///< the first dimension of inputs and outputs

/// Opset 13 is known to all that have read ONNX since 2020.
constexpr int opset = 13, format_version = 7;

const std::string limits =
  "Research software, not a medical device. A mean may be used where domain_status is 0 only: 1 says that an input is out of its bounds, 2 that the "
  "inputs are unlike the training runs (domain_p_value <= alpha), 3 that one is no finite number. Of a status other than 0: run the solver. An interval is mean +- "
  "(factor sigma + discretisation), of a vector the radius of a ball; each output is at its level by itself, not all jointly, a field with all its nodes.";

/// Nodes and constants as they come.
class Graph
{
public:
  explicit Graph(const std::string &name) { graph_.set_name(name); }

  Value constant(const std::vector<double> &values, const Shape &shape) { return tensor(values, shape, as_double); }
  Value constant(const std::vector<float> &values, const Shape &shape) { return tensor(values, shape, as_single); }
  Value constant(double value) { return tensor(std::vector<double>{value}, {}, as_double); }
  Value constant(std::int32_t value) { return tensor(std::vector<std::int32_t>{value}, {}, as_int32); }
  Value indices(const std::vector<std::int64_t> &values) { return tensor(values, {values.size()}, as_int64); }

  Value node(const std::string &operation, const std::vector<Value> &inputs, const Value &name = "")
  {
    return add(operation, inputs, name).output(0);
  }
  Value node(const std::string &operation, const std::vector<Value> &inputs, const std::string &attribute, std::int64_t value, const Value &name = "")
  {
    auto &node = add(operation, inputs, name);
    set(node, attribute, value);
    return node.output(0);
  }
  Value cast(const Value &input, Type type, const Value &name = "") { return node("Cast", {input}, "to", type, name); }
  /// Over the last of two or three dimensions, which goes.
  Value sum(const Value &input, std::int64_t dimension) { return node("ReduceSum", {input, indices({dimension})}, "keepdims", 0); }
  /// The k smallest of each row, in no order.
  Value smallest(const Value &input, std::int64_t k)
  {
    auto &node = add("TopK", {input, indices({k})}, "");
    node.add_output(node.output(0) + "_places");
    set(node, "largest", 0);
    set(node, "sorted", 0);
    return node.output(0);
  }

  /// `shape` behind the first dimension, which is the runs'.
  void input(const Value &name, Type type, const Shape &shape) { describe(*graph_.add_input(), name, type, shape); }
  void output(const Value &name, Type type, const Shape &shape) { describe(*graph_.add_output(), name, type, shape); }

  /// An identifier of C for a name of ours, each once: ONNX asks for such.
  Value unique_name(const std::string &name)
  {
    Value result;
    for (const char c : name)
      result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front())))
      result.insert(0, "_");
    Value unique = result;
    for (int i = 2; !names_.insert(unique).second; ++i)
      unique = result + "_" + std::to_string(i);
    return unique;
  }

  const onnx::GraphProto &proto() const { return graph_; }

private:
  template <class T>
  Value tensor(const std::vector<T> &values, const Shape &shape, Type type)
  {
    auto &tensor = *graph_.add_initializer();
    tensor.set_name(unique_name("constant"));
    tensor.set_data_type(type);
    for (const std::size_t n : shape)
      tensor.add_dims(static_cast<std::int64_t>(n));
    tensor.set_raw_data(values.data(), values.size() * sizeof(T)); // little-endian, as surrogate files
    return tensor.name();
  }
  onnx::NodeProto &add(const std::string &operation, const std::vector<Value> &inputs, const Value &name)
  {
    auto &node = *graph_.add_node();
    node.set_op_type(operation);
    for (const auto &input : inputs)
      node.add_input(input);
    node.add_output(name.empty() ? unique_name("value") : name);
    node.set_name("node_" + node.output(0));
    return node;
  }
  static void set(onnx::NodeProto &node, const std::string &attribute, std::int64_t value)
  {
    auto &result = *node.add_attribute();
    result.set_name(attribute);
    result.set_type(onnx::AttributeProto_AttributeType_INT);
    result.set_i(value);
  }
  static void describe(onnx::ValueInfoProto &info, const Value &name, Type type, const Shape &shape)
  {
    info.set_name(name);
    auto &tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape()->add_dim()->set_dim_param(of_any_number);
    for (const std::size_t n : shape)
      tensor.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(n));
  }

  onnx::GraphProto graph_;
  std::set<Value>  names_;
};

/// What outputs of a group are made of.
struct GroupValues
{
  Value outputs;           ///< [runs, p]
  Value relative_variance; ///< s(x), [runs, 1]
};

/// A lower triangle's transpose, [n, n], which a row of values is multiplied with.
std::vector<double> transposed_triangle(const std::vector<double> &packed, std::size_t n)
{
  std::vector<double> result(n * n);
  for (std::size_t i = 0, k = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      result[j * n + i] = packed[k++];
  return result;
}

/// Writes the formulas of surrogate_model.h for a column of runs.
class Formulas
{
public:
  Formulas(Graph &graph, const SurrogateModel &model)
    : graph_(graph)
    , model_(model)
    , inputs_(graph.unique_name("inputs"))
    , nothing_(graph.node("Mul", {graph.node("Gather", {inputs_, graph.indices({0})}, "axis", 1), graph.constant(0.)}))
  {
    graph_.input(inputs_, as_double, {d()});
    for (const auto &group : model_.groups)
      groups_.push_back(add_group(group));
  }
  const Value &inputs() const { return inputs_; }

  Json add_scalar(const SurrogateScalar &scalar)
  {
    const auto  &group  = groups_[scalar.group];
    const Value  mean   = graph_.unique_name(scalar.name + "_mean"), sigma = graph_.unique_name(scalar.name + "_sigma");
    const double factor = model_.groups[scalar.group].process_variance[scalar.output];
    const Value  place  = graph_.indices({static_cast<std::int64_t>(scalar.output)}), last = graph_.indices({1});
    graph_.node("Squeeze", {graph_.node("Gather", {group.outputs, place}, "axis", 1), last}, mean);
    const Value root = graph_.node("Sqrt", {graph_.node("Mul", {group.relative_variance, graph_.constant(factor)})});
    graph_.node("Max", {graph_.node("Squeeze", {root, last}), graph_.constant(scalar.interval.sigma_floor)}, sigma);
    graph_.output(mean, as_double, {});
    graph_.output(sigma, as_double, {});
    return {{"name", scalar.name}, {"unit", scalar.unit}, {"mean", mean}, {"sigma", sigma}};
  }

  Json add_field(const SurrogateField &field)
  {
    const auto       &group = groups_[field.group];
    const Value       mean  = graph_.unique_name(field.name + "_mean"), sigma = graph_.unique_name(field.name + "_sigma");
    const std::size_t nodes = field.n_nodes(), c = field.n_components, r = field.outputs.size();
    Value             modes = nothing_;
    if (r > 0)
      {
        const std::vector<std::int64_t> places(field.outputs.begin(), field.outputs.end());
        modes = graph_.node("MatMul", {graph_.node("Gather", {group.outputs, graph_.indices(places)}, "axis", 1), in_double(field.modes, {r, nodes * c})});
      }
    const Value scale = scale_of(field);
    const Value sum   = graph_.node("Mul", {graph_.node("Add", {modes, in_double(field.mean, {1, nodes * c})}), scale});
    const Value shape = graph_.indices({0, static_cast<std::int64_t>(nodes), static_cast<std::int64_t>(c)}); // 0: as it was
    graph_.cast(graph_.node("Reshape", {sum, shape}), as_single, mean);
    const Value gain = in_double(gain_in_file(field, model_.groups[field.group]), {1, nodes});
    const Value variance =
      graph_.node("Add", {graph_.node("Mul", {group.relative_variance, gain}), in_double(field.remainder_variance, {1, nodes})});
    const Value root = graph_.node("Mul", {graph_.node("Sqrt", {variance}), scale});
    graph_.cast(graph_.node("Max", {root, graph_.constant(field.interval.sigma_floor)}), as_single, sigma);
    graph_.output(mean, as_single, {nodes, c});
    graph_.output(sigma, as_single, {nodes});
    return {{"name", field.name}, {"unit", field.unit}, {"location", field.location}, {"mean", mean}, {"sigma", sigma}};
  }

  /// The p-value of the distance to the training runs, and the status as the runtime numbers it.
  void add_domain()
  {
    const auto  &domain = model_.domain;
    const auto  &scores = domain.reference_scores;
    const double m      = static_cast<double>(scores.size());
    const Value  p = graph_.unique_name("domain_p_value"), status = graph_.unique_name("domain_status"), last = graph_.indices({1});
    const Value  nearest = graph_.node("Sqrt", {graph_.smallest(square_distances(model_.groups.front()), domain.n_neighbours)});
    const Value  score   = graph_.node("Div", {graph_.sum(nearest, 1), graph_.constant(static_cast<double>(domain.n_neighbours))});
    Value        n_farther = graph_.node("Squeeze", {nothing_, last});
    if (!scores.empty())
      n_farther = count(graph_.node("GreaterOrEqual", {graph_.constant(scores, {1, scores.size()}), graph_.node("Unsqueeze", {score, last})}));
    const Value n_farther_and_one = graph_.node("Add", {n_farther, graph_.constant(1.)});
    graph_.node("Div", {n_farther_and_one, graph_.constant(m + 1)}, p);
    Value result = status_where(graph_.node("LessOrEqual", {p, graph_.constant(domain.alpha)}), VESALIUS_SURROGATE_OUT_OF_DOMAIN,
                                graph_.constant(std::int32_t{VESALIUS_SURROGATE_IN}));
    result       = status_where(some(graph_.node("Or", {graph_.node("Less", {inputs_, bounds(&SurrogateInput::lower)}),
                                                        graph_.node("Greater", {inputs_, bounds(&SurrogateInput::upper)})})),
                                VESALIUS_SURROGATE_OUT_OF_RANGE, result);
    const Value zero_or_nan = graph_.node("Sub", {inputs_, inputs_});
    status_where(some(graph_.node("Not", {graph_.node("Equal", {zero_or_nan, graph_.constant(0.)})})), VESALIUS_SURROGATE_INVALID, result, status);
    graph_.output(p, as_double, {});
    graph_.output(status, as_int32, {});
  }

private:
  std::size_t d() const { return model_.inputs.size(); }

  /// [runs, 1], or a number.
  Value scale_of(const SurrogateField &field)
  {
    return field.scale_group ? graph_.node("Exp", {graph_.node("Gather", {groups_[*field.scale_group].outputs, graph_.indices({0})}, "axis", 1)}) : graph_.constant(1.);
  }

  /// As single precision keeps it in the file, and a graph's optimiser turns it to double once.
  Value in_double(const std::vector<float> &values, const Shape &shape) { return graph_.cast(graph_.constant(values, shape), as_double); }

  /// [runs], how many of a row are true.
  Value count(const Value &truths) { return graph_.sum(graph_.cast(truths, as_double), 1); }
  Value some(const Value &truths) { return graph_.node("Greater", {count(truths), graph_.constant(0.)}); }
  Value status_where(const Value &condition, std::int32_t status, const Value &otherwise, const Value &name = "")
  {
    return graph_.node("Where", {condition, graph_.constant(status), otherwise}, name);
  }
  Value bounds(double SurrogateInput::*bound)
  {
    std::vector<double> values;
    for (const auto &input : model_.inputs)
      values.push_back(input.*bound);
    return graph_.constant(values, {1, d()});
  }

  /// |(x - x_i) / l|^2 by differences, [runs, n].
  Value square_distances(const GaussianProcessGroup &group)
  {
    const Value runs       = graph_.node("Unsqueeze", {inputs_, graph_.indices({1})}); // [runs, 1, d]
    const Value difference = graph_.node("Sub", {runs, graph_.constant(group.points, {1, group.n_points(), d()})});
    const Value scaled     = graph_.node("Div", {difference, graph_.constant(group.length_scales, {1, 1, d()})});
    return graph_.sum(graph_.node("Mul", {scaled, scaled}), 2);
  }

  /// Matern 5/2, [runs, n].
  Value correlations(const GaussianProcessGroup &group)
  {
    const Value squares = square_distances(group), a = graph_.node("Sqrt", {graph_.node("Mul", {squares, graph_.constant(5.)})});
    const Value polynomial = graph_.node("Add", {graph_.node("Add", {a, graph_.constant(1.)}), graph_.node("Mul", {squares, graph_.constant(5. / 3)})});
    return graph_.node("Mul", {polynomial, graph_.node("Exp", {graph_.node("Neg", {a})})});
  }

  /// tanh of half the sums, [runs, n].
  Value hidden_units(const GaussianProcessGroup &group)
  {
    const std::size_t n   = group.n_points();
    const Value       sum = graph_.node("MatMul", {inputs_, graph_.constant(transposed(group.points, n), {d(), n})});
    return graph_.node("Tanh", {graph_.node("Div", {graph_.node("Add", {sum, graph_.constant(group.whitened_trend, {1, n})}), graph_.constant(2.)})});
  }

  /// [runs, m]: a power of each input, and their product.
  Value trends(const GaussianProcessGroup &group)
  {
    const std::size_t m = group.n_trends();
    const Value       scaled = graph_.node("Div", {inputs_, graph_.constant(group.trend_scales, {1, d()})});
    Value             product;
    for (std::size_t k = 0; k < d(); ++k)
      {
        std::vector<double> exponents(m);
        for (std::size_t j = 0; j < m; ++j)
          exponents[j] = group.trend_exponents[j * d() + k];
        const Value column = graph_.node("Gather", {scaled, graph_.indices({static_cast<std::int64_t>(k)})}, "axis", 1);
        const Value powers = graph_.node("Pow", {column, graph_.constant(exponents, {1, m})});
        product            = product.empty() ? powers : graph_.node("Mul", {product, powers});
      }
    return product;
  }

  /// |C v|^2, [runs, 1], for rows v of n and C's lower triangle.
  Value square_of_product(const Value &vectors, const std::vector<double> &triangle, std::size_t n)
  {
    return square(graph_.node("MatMul", {vectors, graph_.constant(transposed_triangle(triangle, n), {n, n})}));
  }
  Value square(const Value &vectors)
  {
    return graph_.node("ReduceSum", {graph_.node("Mul", {vectors, vectors}), graph_.indices({1})});
  }

  GroupValues add_group(const GaussianProcessGroup &group)
  {
    const std::size_t n = group.n_points(), m = group.n_trends(), p = group.n_outputs();
    if (p == 0) // a metric of the domain
      return {};
    GroupValues result{nothing_, graph_.node("Add", {nothing_, graph_.constant(group.prior_variance)})};
    Value       misfit;
    if (m > 0)
      {
        misfit         = trends(group);
        result.outputs = graph_.node("MatMul", {misfit, graph_.constant(transposed(group.trend_coefficients, p), {m, p})});
      }
    if (n > 0)
      {
        const Value c = group.is_network ? hidden_units(group) : correlations(group), v = graph_.node("MatMul", {c, graph_.constant(transposed_triangle(group.inverse_factor, n), {n, n})});
        result.outputs = graph_.node("Add", {result.outputs, graph_.node("MatMul", {c, graph_.constant(transposed(group.weights, p), {n, p})})});
        result.relative_variance = graph_.node(group.is_network ? "Add" : "Sub", {result.relative_variance, square(v)});
        if (!group.whitened_trend.empty())
          misfit = graph_.node("Sub", {misfit, graph_.node("MatMul", {v, graph_.constant(group.whitened_trend, {n, m})})});
      }
    if (!group.trend_inverse_factor.empty())
      result.relative_variance = graph_.node("Add", {result.relative_variance, square_of_product(misfit, group.trend_inverse_factor, m)});
    result.relative_variance = graph_.node("Max", {result.relative_variance, graph_.constant(0.)});
    return result;
  }

  Graph                   &graph_;
  const SurrogateModel    &model_;
  Value                    inputs_;
  Value                    nothing_; ///< noughts, [runs, 1]
  std::vector<GroupValues> groups_;
};

Json with_interval(Json output, const SurrogateInterval &interval)
{
  output["level"]          = interval.level;
  output["factor"]         = interval.factor;
  output["discretisation"] = interval.discretisation;
  return output;
}

std::string text_of(const Json &json)
{
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What only ONNX's own libraries would find wrong is wrong in this file.
void check(const onnx::ModelProto &model)
{
  try
    {
      onnx::checker::check_model(model);
      auto copy = model;
      onnx::shape_inference::InferShapes(copy, onnx::OpSchemaRegistry::Instance(), {true, 1, true});
    }
  catch (const std::exception &refused)
    {
      VESALIUS_ASSERT(false, std::string("the ONNX graph that was written is refused: ") + refused.what());
    }
}
} // namespace

std::string onnx_copy(const std::string &surrogate)
{
  const SurrogateModel model = read_surrogate(surrogate);
  Graph                graph("surrogate");
  Formulas             formulas(graph, model);
  Json                 inputs = Json::array(), scalars = Json::array(), fields = Json::array();
  for (const auto &input : model.inputs)
    inputs.push_back({{"name", input.name}, {"unit", input.unit}, {"lower", input.lower}, {"upper", input.upper}});
  for (const auto &scalar : model.scalars)
    scalars.push_back(with_interval(formulas.add_scalar(scalar), scalar.interval));
  for (const auto &field : model.fields)
    fields.push_back(with_interval(formulas.add_field(field), field.interval));
  formulas.add_domain();

  onnx::ModelProto copy;
  copy.set_ir_version(format_version);
  copy.add_opset_import()->set_version(opset);
  copy.set_producer_name("Vesalius");
  copy.set_producer_version(VESALIUS_VERSION);
  copy.set_doc_string(limits);
  *copy.mutable_graph() = graph.proto();
  const auto add        = [&](const std::string &key, const std::string &value) {
    auto &property = *copy.add_metadata_props();
    property.set_key(key);
    property.set_value(value);
  };
  add("name", model.name);
  add("inputs", text_of(inputs));
  add("scalars", text_of(scalars));
  add("fields", text_of(fields));
  add("domain", text_of({{"alpha", model.domain.alpha}, {"neighbours", model.domain.n_neighbours}, {"references", model.domain.reference_scores.size()}}));
  add("limits", limits);
  add("surrogate", std::filesystem::path(surrogate).filename().string());
  add("surrogate_sha256", sha256_file(surrogate));
  add("card", model.card);
  check(copy);
  return copy.SerializeAsString();
}

} // namespace vesalius::surrogates

#else

std::string vesalius::surrogates::onnx_copy(const std::string &)
{
  throw InputError("this Vesalius was built without ONNX",
                   "Install the Debian packages libonnx-dev and libprotobuf-dev and build again: cmake -S . -B build && ninja -C build vesalius");
}

#endif
