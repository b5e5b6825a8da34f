"""pandas that comes late is pandas: whatever is done first with a frame, and whoever imports it when."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = """
import sys
from mastic.engines import session
session.load()
import pyarrow as pa
from pyspark.sql.connect.session import SparkSession
assert "pandas" not in sys.modules
assert pa.array([1, None], pa.int64()).null_count == 1 and pa.table({"a": pa.array(["x"], pa.string())}).num_rows == 1
assert "pandas" not in sys.modules
"""
FIRST = {
    "an array that must be inferred": "assert pa.array([[1], None]).type == pa.list_(pa.int64())",
    "a frame from Arrow": "import decimal\nassert list(pa.table({'a': [decimal.Decimal(1)]}).to_pandas().a) == [1]",
    "a frame to Arrow": (
        "import pandas as pd\n"
        "assert pa.table(pd.DataFrame({'a': [1]}, index=[7])).column_names == ['a', '__index_level_0__']"
    ),
    "missing values": "import pandas as pd\nassert pa.array([pd.NA, pd.NaT, None], from_pandas=True).null_count == 3",
    "an index": "import pandas as pd\nassert pa.array(pd.Index([1, 2])).type == pa.int64()",
    "a categorical": "import pandas as pd\nassert pa.types.is_dictionary(pa.array(pd.Categorical(['a'])).type)",
    "nanoseconds": "assert type(pa.scalar(1, pa.timestamp('ns')).as_py()).__name__ == 'Timestamp'",
    "an extension": "import pandas as pd\nassert pa.array(pd.array([1, None], 'Int64')).null_count == 1",
    "PySpark's own": (
        "from pyspark.sql.connect import session as s\n"
        "assert not isinstance([], s.pd.DataFrame)\n"
        "import pandas as pd\n"
        "assert isinstance(pd.DataFrame(), s.pd.DataFrame) and not isinstance([], s.pd.DataFrame)\n"
        "assert issubclass(pd.DataFrame, s.pd.DataFrame) and type(s.pd.DataFrame()) is pd.DataFrame\n"
        "assert s.pd.Timestamp is pd.Timestamp and s.pd.DataFrame.from_dict({'a': [1]}).a[0] == 1\n"
        "assert s.is_datetime64_dtype(pd.Series(pd.to_datetime(['2026-01-01'])).dtype)"
    ),
}


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", FIRST)
def test_the_first_use(what: str) -> None:
    run(f"{LOADED}\n{FIRST[what]}\nimport pandas.core.frame\nassert pandas.DataFrame is pandas.core.frame.DataFrame")


def test_a_pandas_that_is_there_is_used() -> None:
    run(
        "import pandas\nfrom mastic.engines import session\nsession.load()\n"
        "from pyspark.sql.connect.session import pd\nassert pd is pandas"
    )


def test_a_use_within_the_block_is_the_real_one() -> None:
    run(
        "import sys\nfrom mastic.engines import late_pandas\n"
        "with late_pandas.stand_in():\n"
        "    import pandas as held\n"
        "    assert held.DataFrame({'a': [1]}).a.sum() == 1\n"
        "    import pandas\n"
        "    assert pandas is not held and isinstance(pandas.DataFrame(), held.DataFrame)\n"
        "assert sys.modules['pandas'] is pandas and pandas.api.types.is_bool(True)"
    )


def test_it_says_its_version_and_what_it_lacks() -> None:
    run(
        "from mastic.engines import late_pandas\n"
        "with late_pandas.stand_in():\n"
        "    import pandas as held\n"
        "import pandas\n"
        "assert held.__version__ == pandas.__version__ and not hasattr(held, 'no_such_thing')"
    )
