import subprocess
import sys


def test_factory_imports_no_vendor_until_it_is_wanted() -> None:
    vendors = "('openai', 'azure', 'xllamacpp', 'httpx')"
    code = f"import sys, frmk.llm.factory, frmk.goal; print([m for m in {vendors} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
