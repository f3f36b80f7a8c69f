"""Code stays in pieces that a reader can hold."""

from tests.architecture.source import PACKAGES, functions, python_files, relative

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
AIM = 25
ONE_IN = 10


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{function.place}: {function.lines} lines"
        for path in python_files(*PACKAGES)
        for function in functions(path)
        if function.lines > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_nine_functions_in_ten_have_25_lines_or_fewer() -> None:
    every = [function for path in python_files(*PACKAGES) for function in functions(path)]
    beyond = [f"{function.place}: {function.lines} lines" for function in every if function.lines > AIM]
    assert len(beyond) * ONE_IN <= len(every), "\n".join(
        [f"{len(beyond)} of {len(every)} functions are longer than {AIM} lines:", *beyond]
    )


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        relative(path): len(path.read_text("utf-8").splitlines())
        for path in python_files(*PACKAGES, "tests", "benchmarks")
    }
    long = [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > LONGEST_FILE]
    assert not long, "\n".join(long)
