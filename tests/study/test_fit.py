"""From measured curves to instances that load, solve and verify; bad files; bands over draws."""

from __future__ import annotations

import re

import numpy as np
import pytest
import yaml

import mdsolve as md
from mdsolve.errors import InstanceError, UnsupportedError, UsageError
from mdsolve.instance import load, parse
from mdsolve.solution_writing import write_solutions
from mdsolve.status import Termination
from mdsolve.study.draws import cloud_of, drawn_instance, with_bands
from mdsolve.study.fit import assess, fit_curves
from mdsolve.study.fit_file import write_instance
from mdsolve.study.verify import verify_file
from tests.cli.conftest import mdsolve, mdsolve_json  # noqa: F401 - fixtures

WEIGHTS = {"north": 0.02, "south": 0.008}


def curve(name, samples):
    return 0.93 - 0.8 * (1 + WEIGHTS[name] * samples) ** -0.9


def table(noise=True, header="agent,samples,accuracy,holdout,cost", holdout=2000):
    random = np.random.default_rng(4)
    lines = [header]
    for name, cost in (("north", 0.0002), ("south", 0.0003)):
        for samples in (0, 20, 50, 100, 200, 400, 800):
            for _ in range(2):
                value = curve(name, samples)
                value = random.binomial(holdout, value) / holdout if noise else value
                lines.append(f"{name},{samples},{value!r},{holdout},{cost}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(table())
    return path


def test_a_curve_becomes_an_instance_that_solves_and_verifies(file, tmp_path):
    fitted = fit_curves(file)
    target = tmp_path / "instance.yaml"
    assert write_instance(fitted, target) == [target]
    instance = load(target)
    assert instance.fit.family == "power"
    weights = instance.accuracy.group_weights
    for name, weight in WEIGHTS.items():
        found = float(weights[name]["north"])
        assert found == float(weights[name]["south"])
        error = float(instance.fit.standard_errors[f"weight[{name}][total]"])
        assert abs(found - weight) < 4 * error
    assert [float(agent.capacity) for agent in instance.agents] == [800, 800]
    solution = md.solve(instance)
    write_solutions([solution], tmp_path / "solution.json")
    (checked,) = verify_file(target, tmp_path / "solution.json")
    assert checked.certificate.verdict == "pass"


def test_the_written_accuracy_is_the_fitted_one(file, tmp_path):
    fitted = fit_curves(file)
    write_instance(fitted, tmp_path / "instance.yaml")
    from mdsolve.game.build_sharing import sharing_game

    game = sharing_game(load(tmp_path / "instance.yaml"))
    data = fitted.assessment.measurements
    for k in range(len(data)):
        values = game.accuracies(np.array([data.amounts[k, 0], 0.0]))
        assert values[data.row[k]] == pytest.approx(fitted.assessment.fit.fitted[k], abs=1e-5)


def test_columns_per_agent_give_a_table_of_weights(tmp_path):
    lines = ["group,samples:a,samples:b,accuracy,standard_error"]
    random = np.random.default_rng(0)
    table_ = {"a": (0.05, 0.01), "b": (0.005, 0.03)}
    for name, weights in table_.items():
        for x in (0, 30, 100, 300):
            for y in (0, 30, 100, 300):
                value = 0.9 - 0.7 / (1 + weights[0] * x + weights[1] * y)
                lines.append(f"{name},{x},{y},{value + random.normal(0, 0.004):.6f},0.004")
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(lines))
    fitted = fit_curves(path, costs={"a": 0.001, "b": 0.002}, given={"exponent": 1.0})
    fit = fitted.assessment.fit
    for i, name in enumerate(table_):
        for j, other in enumerate(table_):
            key = f"weight[{name}][{other}]"
            error = fit.standard_errors[fit.names.index(key)]
            assert abs(fit.parameters[key] - list(table_.values())[i][j]) < 4 * error
    assert fitted.data["fit"]["parameters"]["exponent"] == 1
    assert [agent["cost"] for agent in fitted.data["agents"]] == [0.001, 0.002]


def test_every_error_of_a_file_is_reported_with_its_line(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "agent,samples,accuracy,holdout,cost\n"
        "north,10,0.5,100,0.1\n"
        "north,-1,0.6,100,0.1\n"
        "north,20,1.2,100,0.2\n"
        ",30,0.7,100,0.1\n"
        "south,x,0.7,,0.1\n"
        "south,40,0.8,100\n"
        "south,50,nan,1.5,0.1\n"
    )
    with pytest.raises(InstanceError) as error:
        fit_curves(path)
    places = [finding.where.removeprefix(str(path)) for finding in error.value.findings]
    for place in (
        ":3: samples",
        ":4: accuracy",
        ":5: agent",
        ":6: samples",
        ":8: accuracy",
        ":8: holdout",
        ":6: holdout",
        ":4: cost",
    ):
        assert place in places, place


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("agent,samples,accuracy,acuracy", "did you mean 'accuracy'"),
        ("agent,group,samples,accuracy", "agent and group"),
        ("samples,accuracy", "no column agent or group"),
        ("agent,samples", "no column accuracy"),
        ("agent,accuracy", "no column samples"),
        ("agent,samples,samples:x,accuracy", "samples beside"),
        ("agent,samples,samples,accuracy", "twice"),
    ],
)
def test_bad_headers_are_named(tmp_path, header, words):
    path = tmp_path / "bad.csv"
    path.write_text(header + "\n1,2,3,4\n")
    with pytest.raises(InstanceError) as error:
        fit_curves(path)
    assert words in str(error.value)


TABLE = "agent,samples,accuracy,cost\n" + "".join(
    f"city,{size},{0.9 - 0.5 * size**-0.5:.3f},0.5\n" for size in (20, 40, 80, 160, 320, 640)
)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (TABLE.replace(",", ";"), {}),
        (TABLE.replace(",", "\t"), {}),
        ("\ufeff" + TABLE + ",,,\n", {}),
        (TABLE.replace(",", ";").replace(".", ","), {"decimal_comma": True}),
    ],
)
def test_tables_are_read_as_people_export_them(tmp_path, text, options):
    plain, exported = tmp_path / "plain.csv", tmp_path / "exported.csv"
    plain.write_text(TABLE)
    exported.write_text(text, encoding="utf-8")
    assert md.fit(exported, **options).accuracy == md.fit(plain).accuracy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: re.sub(r"0\.(\d\d)(\d)", r"\1.\2", text), ["and 5 more", "divide by 100"]),
        (lambda text: re.sub(r"(0\.\d+),", r"\1 %,", text), ["and 5 more", "divide by 100"]),
        (lambda text: text.replace(",", ";").replace(".", ","), ["declare decimal commas"]),
        (lambda text: text.partition("\n")[2], ["numbers in the first line"]),
        (lambda text: text.replace("city", "Universität"), ["Latin-1", "save it as CSV UTF-8"]),
        (lambda text: text.replace("0.788", "n/a"), ["'n/a'", "a share of right answers"]),
        (lambda text: "", ["no lines", "a line per measured accuracy"]),
    ],
)
def test_what_people_get_wrong_is_said_once_with_how_to_mend_it(tmp_path, change, words):
    file = tmp_path / "curves.csv"
    file.write_bytes(change(TABLE).encode("latin-1"))
    with pytest.raises(InstanceError) as error:
        md.fit(file)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert len(error.value.findings) <= 2


def test_names_and_columns_must_match(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("agent,samples:a,samples:c,accuracy,cost\na,1,2,0.5,1\nb,1,2,0.5,1\n")
    with pytest.raises(InstanceError) as error:
        fit_curves(path)
    assert "no column samples:b" in str(error.value)
    assert "the column samples:c" in str(error.value)


def test_missing_costs_are_named(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(table(header="agent,samples,accuracy,holdout,value"))
    with pytest.raises(InstanceError, match="no cost"):
        fit_curves(path)
    assert [a["cost"] for a in fit_curves(path, costs=0.5).data["agents"]] == [0.5, 0.5]
    with pytest.raises(UsageError, match="west"):
        fit_curves(path, costs={"west": 1.0})


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("cubic", {}),
        ("pac", {"ceiling": 0.9}),
        ("power", {"ceiling": 1.5}),
        ("power", {"ceiling": 0.4, "baseline": 0.6}),
        ("power", {"exponent": -1.0}),
    ],
)
def test_unusable_requests_are_refused(file, family, given):
    with pytest.raises(UsageError):
        fit_curves(file, family=family, given=given)


def test_flat_accuracies_are_refused(tmp_path):
    path = tmp_path / "flat.csv"
    path.write_text(
        "agent,samples,accuracy,cost\n" + "".join(f"a,{k * 10},0.5,1\n" for k in range(9))
    )
    with pytest.raises(UnsupportedError):
        fit_curves(path, family="power")


def test_every_family_can_be_written_and_read(file, tmp_path):
    for family in ("power", "pac", "curve"):
        fitted = fit_curves(file, family=family)
        target = tmp_path / f"{family}.yaml"
        write_instance(fitted, target)
        instance = load(target)
        assert instance.fit.family == family
        assert md.solve(instance, mechanism="none").certificate.verdict == "pass"


def test_large_matrices_go_into_a_file_beside(file, tmp_path, monkeypatch):
    monkeypatch.setattr("mdsolve.study.fit_file.INLINE_PARAMETERS", 2)
    fitted = fit_curves(file)
    target = tmp_path / "big.yaml"
    files = write_instance(fitted, target)
    assert [path.name for path in files] == ["big.yaml", "big.fit.npz"]
    found = load(target).fit
    assert found.covariance == pytest.approx(fitted.instance.fit.covariance)
    assert found.information == pytest.approx(fitted.instance.fit.information)


def test_a_section_that_does_not_fit_together_is_refused(file):
    data = fit_curves(file).data
    data["fit"]["covariance"] = [[1.0]]
    data["fit"]["unbounded"] = [1.0]
    with pytest.raises(InstanceError) as error:
        parse(data)
    assert len(error.value.findings) == 2


def test_bands_are_quantiles_of_equilibria_at_the_draws(file):
    # away from bounds: next to one the estimate itself is at the end of what is drawn
    instance = fit_curves(file, given={"ceiling": 0.93}).instance
    solution = md.solve(instance, mechanism="none")
    banded = with_bands(instance, solution, 16, seed=3)
    again = with_bands(instance, solution, 16, seed=3)
    bands = banded.bands
    assert np.array_equal(bands["contributions"], again.bands["contributions"])
    assert bands["draws"] == 16
    assert bands["solved"] + bands["without_equilibrium"] + bands["failed"] == 16
    welfare = []
    for values in cloud_of(instance.fit).draw(3, 16):
        drawn = drawn_instance(instance, instance.fit, values)
        found = md.solve(drawn, mechanism="none")
        if found.termination is Termination.SOLVED:
            welfare.append(found.metrics["welfare"])
    assert len(welfare) == bands["solved"] > 12
    assert bands["welfare"] == pytest.approx(np.quantile(welfare, [0.05, 0.5, 0.95]))
    low, _, high = bands["welfare"]
    assert low < solution.metrics["welfare"] < high


def test_less_noise_gives_narrower_bands(tmp_path):
    widths = []
    for holdout in (500, 50_000):
        path = tmp_path / f"{holdout}.csv"
        path.write_text(table(holdout=holdout))
        instance = fit_curves(path).instance
        bands = with_bands(instance, md.solve(instance, mechanism="none"), 16, seed=0).bands
        widths.append(bands["welfare"][2] - bands["welfare"][0])
    assert widths[1] < 0.3 * widths[0]


def test_draws_need_a_fit_with_parameters(file):
    curves = fit_curves(file, family="curve").instance
    with pytest.raises(UnsupportedError, match="no parameters"):
        with_bands(curves, md.solve(curves, mechanism="none"), 5)
    plain = parse({k: v for k, v in fit_curves(file).data.items() if k != "fit"})
    solution = md.solve(plain, mechanism="none")
    with pytest.raises(UnsupportedError, match="no fit to draw from"):
        with_bands(plain, solution, 5)
    with pytest.raises(UsageError):
        with_bands(curves, solution, 0)


def test_pac_draws(file):
    instance = fit_curves(file, family="pac").instance
    bands = with_bands(instance, md.solve(instance, mechanism="none"), 10, seed=0).bands
    assert bands["draws"] == 10
    assert bands["solved"] > 0


def test_the_commands(mdsolve, mdsolve_json, file, tmp_path):  # noqa: F811
    target = tmp_path / "i.yaml"
    code, out, err = mdsolve("fit", file, "-o", target, "--exponent", 0.9)
    assert (code, err) == (0, f"wrote {target}\n")
    assert "Lack of fit" in out
    code, found = mdsolve_json("solve", target, "-m", "none", "--draws", 5, "--seed", 2)
    assert code == 0
    assert np.shape(found["bands"]["contributions"]) == (3, 2)
    code, document = mdsolve_json("fit", file, "--cost", "north=0.5", "--cost", "south=1")
    assert [agent["cost"] for agent in document["agents"]] == [0.5, 1]
    assert yaml.safe_load(target.read_text())["fit"]["parameters"]["exponent"] == 0.9
    assert mdsolve("fit", file, "-o", tmp_path / "i.txt")[0] == 2
    assert mdsolve("fit", file, "--cost", "x")[0] == 2
    assert mdsolve("fit", file, "--levels", "0,1")[0] == 2
    assert mdsolve("fit", target)[0] == 2


def test_warnings_are_sentences(file):
    data = fit_curves(file).assessment.measurements
    found = assess(data, "power", {"ceiling": 1.0, "exponent": 3.0})
    (first, *_) = found.warnings()
    assert first.startswith("the family power does not fit")


def test_one_function_fits_files_and_instances(file):
    known = fit_curves(file, given={"exponent": 1.0}).instance
    found = md.fit(str(file), given={"exponent": 1.0})
    assert (found.agents, found.accuracy) == (known.agents, known.accuracy)
    np.testing.assert_array_equal(found.fit.covariance, known.fit.covariance)
    training = parse(
        {
            "kind": "training",
            "data": {"source": "breast_cancer"},
            "model": {"family": "linear"},
            "agents": {"cost": [0.01]},
            "protocol": {"name": "fedavg", "rounds": 2, "batch_size": 8},
        }
    )
    fitted = md.fit(training, levels=[0, 0.5, 1], replicates=2, seed=3)
    assert fitted.fit.protocol["points"] == 3
    assert fitted.fit.protocol["training"]["seed"] == 3
    assert md.solve(fitted, "none").certificate.verdict == "pass"
    with pytest.raises(UsageError, match="levels"):
        md.fit(file, levels=[0, 1])
    with pytest.raises(UsageError, match="cost"):
        md.fit(training, costs=0.1)
    with pytest.raises(UsageError, match="a training instance, or a table"):
        md.fit(fitted)


def test_an_agent_with_one_line_shares_the_shape_of_the_others(tmp_path):
    """One accuracy gives one weight; a family of its own for every agent cannot be fitted."""
    path = tmp_path / "curves.csv"
    path.write_text(table() + "island,150,0.5,2000,0.1\n")
    found = fit_curves(path).assessment
    assert found.fit.family == "power"
    assert "no measurement of island" in found.comparison["pac"].reason
    relative = found.fit.standard_errors[-3:] / found.fit.values[-3:]
    assert relative[2] > relative[:2].max()
    assert found.fit.fitted[-1] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("suffix", [".json", ".toml", ".yaml"])
def test_every_kind_of_file_holds_the_same_instance(file, tmp_path, suffix):
    fitted = fit_curves(file, predict=[1600.0])
    target = tmp_path / f"instance{suffix}"
    write_instance(fitted, target)
    instance = load(target)
    assert instance.agents == fitted.instance.agents
    assert instance.fit.parameters == fitted.instance.fit.parameters
    north, south = instance.fit.predictions
    assert (north.row, south.row, float(north.samples)) == ("north", "south", 1600)
    assert north.low < north.accuracy < north.high


def test_other_endings_are_refused(file, tmp_path):
    with pytest.raises(UsageError, match="the ending"):
        write_instance(fit_curves(file), tmp_path / "instance.txt")


def test_budgets_of_a_file_reach_the_agents(tmp_path):
    path = tmp_path / "curves.csv"
    lines = table().splitlines()
    path.write_text("\n".join([lines[0] + ",budget", *(line + ",2.5" for line in lines[1:])]))
    assert [float(a.budget) for a in fit_curves(path).instance.agents] == [2.5, 2.5]
