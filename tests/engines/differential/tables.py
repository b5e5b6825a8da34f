"""Expressions, one per line: each is a check of its own, run over the rows of `nasty`.

`F` is pyspark.sql.functions and every column of `nasty` is in scope under its own name.
"""

from __future__ import annotations

from itertools import product

NUMBERS = ["y", "h", "i", "l", "f", "d", "n", "n2"]
SECOND = {"i": "i2", "l": "l2", "d": "d2", "n": "n2", "s": "s2", "b": "b2", "t": "t2", "ts": "ts2"}
ALL = ["y", "h", "i", "l", "f", "d", "n", "s", "b", "t", "ts", "bin"]
NESTED = ["ai", "as_", "m", "r", "ar"]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("#")]


def matrix() -> list[str]:
    """Operators and casts over every pair of types that has a meaning."""
    made: list[str] = []
    for a, b in product([*NUMBERS, "i2", "l2", "d2"], [*NUMBERS, "i2", "l2", "d2"]):
        made += [f"{a} {op} {b}" for op in ("+", "-", "*", "/", "%")]
        made += [f"{a} {op} {b}" for op in ("==", "<", ">=")]
    for a, b in [
        ("s", "s2"),
        ("b", "b2"),
        ("t", "t2"),
        ("ts", "ts2"),
        ("t", "ts2"),
        ("ts", "t2"),
        ("bin", "bin"),
        ("si", "i"),
        ("si", "l2"),
        ("i2", "si"),
        ("si", "x"),
        ("sd", "t2"),
        ("ai", "ai"),
        ("r", "r"),
    ]:
        made += [f"{a} {op} {b}" for op in ("==", "!=", "<", "<=", ">", ">=")] + [f"{a}.eqNullSafe({b})"]
    for a in [*NUMBERS, "x"]:
        made += [
            f"{a} {op} {lit}"
            for op in ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=")
            for lit in ("1", "F.lit(2.5)", "F.lit(3000000000)")
        ]
        made += [
            f"1 - {a}",
            f"2 * {a}",
            f"10 / {a}",
            f"-{a}",
            f"F.abs({a})",
            f"{a}.between(0, 10)",
            f"{a}.isin(1, 2, 3)",
            f"{a}.eqNullSafe(1)",
        ]
    for a in ALL:
        made += [
            f"{a}.isNull()",
            f"{a}.isNotNull()",
            f"{a}.eqNullSafe({SECOND.get(a, a)})",
            f"F.coalesce({a}, {SECOND.get(a, a)})" if a != "n" else "F.coalesce(n, n2)",
        ]
        made += [
            f"F.when(b, {a})",
            f"F.when(b, {a}).otherwise({SECOND.get(a, a)})" if a != "n" else "F.when(b, n).otherwise(n2)",
            f"F.nullif({a}, {a})",
            f"F.nvl({a}, {a})",
            f"F.greatest({a}, {SECOND.get(a, a)})",
            f"F.least({a}, {SECOND.get(a, a)})",
            f"F.ifnull({a}, {a})",
            f"F.when(b, {a}).when(b2, {a}).otherwise({a})",
            f"F.when(b, {a}).otherwise(F.lit(None))",
        ]
    for a in [*ALL, "d2", "x", "l2"]:
        other = SECOND.get(a, a) if a != "n" else "n"
        made += [
            f"F.array({a}, {other})",
            f"{a}.isin(1, 2)" if a in NUMBERS else f"{a} == {other}",
            f"F.coalesce({a}, {other}, {a})",
        ]
        made += [
            f"F.concat({a}.cast('string'), s2)",
            f"F.struct({a}.alias('v')).getField('v')",
            f"F.create_map(F.lit('k'), {a})",
        ]
        made += [
            f"F.explode(F.array({a}))" if False else f"F.size(F.array({a}))",
            f"F.when({a}.isNull(), F.lit('null')).otherwise(F.lit('held'))",
        ]
        made += [
            f"F.concat_ws('|', {a}.cast('string'), s2)",
            f"F.array_contains(F.array({a}), {other})",
            f"F.element_at(F.array({a}, {other}), 1)",
        ]
        made += [
            f"F.hash({a}, s2)",
            f"F.when(i2 > 1, {a}).otherwise(F.lit(None))",
            f"F.nullif({a}, {other})",
            "F.lit(None).cast('string')",
        ]
    for a, b in [("i", "l"), ("i", "d"), ("l", "d"), ("y", "i"), ("f", "d"), ("i", "n"), ("n", "d")]:
        made += [
            f"F.coalesce({a}, {b})",
            f"F.when(b, {a}).otherwise({b})",
            f"F.greatest({a}, {b})",
            f"F.array({a}, {b})",
            f"F.coalesce({b}, {a})",
        ]
    made += [
        f"F.coalesce({a}, F.lit({lit}))"
        for a, lit in [
            ("i", 0),
            ("l", 0),
            ("d", 0),
            ("d", 0.0),
            ("s", "''"),
            ("b", "False"),
            ("n", 0),
            ("x", 1.5),
            ("y", 0),
            ("f", 0.0),
        ]
    ]
    made += [
        f"F.when({a} > {lit}, {a}).otherwise({lit})"
        for a, lit in [("i2", 0), ("l2", 0), ("x", 0.0), ("d2", 0), ("n2", 0)]
    ]
    for a in NESTED:
        made += [
            f"{a}.isNull()",
            f"{a}.isNotNull()",
            f"F.coalesce({a}, {a})",
            f"F.when(b, {a})",
            f"F.when(b, {a}).otherwise({a})",
        ]
    for a in ["y", "h", "i", "l", "f", "d", "x", "n", "n2", "s", "sn", "si", "sd", "st", "b", "t", "ts", "bin"]:
        for to in (
            "string",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal(10,2)",
            "decimal(38,10)",
            "decimal(5,0)",
            "boolean",
            "date",
            "timestamp",
            "binary",
        ):
            made += [f"{a}.cast('{to}')", f"{a}.try_cast('{to}')"]
    for a, to in [
        ("ai", "array<string>"),
        ("ai", "array<bigint>"),
        ("as_", "array<int>"),
        ("r", "struct<p:string,q:string>"),
        ("m", "map<string,bigint>"),
        ("ai", "string"),
        ("as_", "string"),
        ("m", "string"),
        ("r", "string"),
        ("r", "struct<x:bigint,y:string>"),
    ]:
        made += [f"{a}.cast('{to}')", f"{a}.try_cast('{to}')"]
    return made


SCALARS = lines(r"""
    F.lit(1)
    F.lit(1.5)
    F.lit('abc')
    F.lit(True)
    F.lit(None)
    F.lit(3000000000)
    F.lit(datetime.date(2024, 1, 31))
    F.lit(datetime.datetime(2024, 1, 31, 10, 20, 30))
    F.lit(decimal.Decimal('1.50'))
    b & b2
    b | b2
    ~b
    b & (i2 > 1)
    (i2 > 1) | (s == 'a')
    ~(s == 'a')
    s.isin('a', 'b', '')
    s2.isin('a', None)
    l2.isin(1, 2)
    d2.isin(1.0, 3.5)
    t.isin(datetime.date(2024, 1, 31), datetime.date(2000, 2, 29))
    i2.isin(1)
    F.isnan(d)
    F.isnan(f)
    F.nanvl(d, d2)
    s == 'a'
    s != 'a'
    s > 'a'
    t == datetime.date(2024, 1, 31)
    t > datetime.date(2000, 1, 1)
    ts >= datetime.datetime(2000, 1, 1)
    t >= '2000-01-01'
    ts >= '2000-01-01'
    ts >= '2000-01-01 00:00:00'
    t == '2024-01-31'
    s == 1
    si == 1
    si > 5
    si + 1
    si * 2.5
    F.upper(s)
    F.lower(s)
    F.ucase(s)
    F.lcase(s)
    F.initcap(s)
    F.trim(s)
    F.ltrim(s)
    F.rtrim(s)
    F.trim(s2)
    F.btrim(s)
    F.trim(s, F.lit('a'))
    F.length(s)
    F.char_length(s)
    F.character_length(s)
    F.octet_length(s)
    F.bit_length(s)
    F.length(bin)
    F.length(sn)
    F.reverse(s)
    F.concat(s, s2)
    F.concat(s, F.lit('-'), s2)
    F.concat(s, i)
    F.concat(s, d2)
    F.concat(ai, ai)
    F.concat(as_, as_)
    F.concat(s)
    F.concat_ws('-', s, s2)
    F.concat_ws(',', as_)
    F.concat_ws(',', s, as_)
    F.concat_ws('-', s, i)
    F.substring(s, 1, 3)
    F.substring(s, 0, 2)
    F.substring(s, -2, 2)
    F.substring(s, 2, 100)
    F.substring(s, -100, 3)
    F.substring(s, 3, -1)
    s.substr(2, 3)
    s[1:3]
    F.substr(s, F.lit(2))
    F.left(s, F.lit(2))
    F.right(s, F.lit(2))
    F.left(s, F.lit(-1))
    F.instr(s, 'b')
    F.instr(s, '')
    F.locate('b', s)
    F.locate('a', s, 2)
    F.hypot(d, d2)
    F.parse_url(st, F.lit('HOST'))
    F.get_json_object(st, '$')
    F.position(s2, s)
    F.charindex(s2, s) if hasattr(F, 'charindex') else F.position(s2, s)
    F.lpad(s, 5, '*')
    F.rpad(s, 5, '*')
    F.lpad(s, 2, '')
    F.lpad(si, 5, '0')
    F.lpad(s, 7, 'ab')
    F.repeat(s, 2)
    F.repeat(s, 0)
    F.repeat(s, -1)
    F.replace(s, F.lit('a'), F.lit('X'))
    F.replace(s, s2, F.lit('X'))
    F.replace(s, F.lit(''), F.lit('X'))
    F.replace(s, F.lit('a'))
    F.translate(s, 'abc', 'xy')
    F.translate(s, 'aé', 'éa')
    F.overlay(s, F.lit('ZZ'), 2)
    F.startswith(s, s2)
    F.endswith(s, s2)
    F.contains(s, s2)
    s.startswith('a')
    s.endswith('d')
    s.contains('b')
    s.contains('')
    s.like('a%')
    s.like('%b%')
    s.like('_')
    s.like('%')
    s.like('')
    s.like('a\\%')
    s.like('O_Re%')
    s.like('%\n%')
    s.like('%日%')
    s.like('____')
    s.ilike('A%')
    s.ilike('%É%')
    s.rlike('a')
    s.rlike('^a')
    s.rlike('[0-9]+')
    s.rlike('^[A-Za-z]+$')
    s.rlike('(a|b)c')
    s.rlike('\\d+')
    s.rlike('\\w+')
    s.rlike('\\s')
    s.rlike('.')
    s.rlike('')
    si.rlike('^-?[0-9]+$')
    sd.rlike('^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
    F.regexp_replace(s, 'a', 'X')
    F.regexp_replace(s, '[^a-zA-Z0-9]', '')
    F.regexp_replace(s, '[0-9]+', '#')
    F.regexp_replace(s, '\\s+', ' ')
    F.regexp_replace(s, '(b)', '[$1]')
    F.regexp_replace(s, ' ', '_')
    F.regexp_replace(s, ',', '')
    F.regexp_replace(s, '[$,]', '')
    F.regexp_replace(s, '^ +| +$', '')
    F.regexp_replace(s, '', '-')
    F.regexp_extract(s, '([a-z]+)', 1)
    F.regexp_extract(s, '([a-zA-Z]+)([0-9]+)', 2)
    F.regexp_extract(s, 'nomatch(x)', 1)
    F.regexp_extract(sd, '^([0-9]{4})', 1)
    F.regexp_extract(s, '[a-z]+', 0)
    F.split(s, ',')
    F.split(s, ' ')
    F.split(s, '')
    F.split(s, 'b')
    F.split(s, '[,;]')
    F.split(s, ',', 2)
    F.split(s, ' ', -1)
    F.split(s, ',')[0]
    F.split(s, ',').getItem(0)
    F.split(sd, '-')
    F.split_part(s, F.lit(','), F.lit(1))
    F.split_part(s, F.lit(' '), F.lit(2))
    F.split_part(s, F.lit(','), F.lit(-1))
    F.substring_index(s, ',', 1)
    F.substring_index(s, 'b', -1)
    F.ascii(s)
    F.chr(i2)
    F.char(i2)
    F.base64(bin)
    F.unbase64(s2)
    F.hex(i)
    F.hex(l)
    F.hex(s)
    F.hex(bin)
    F.unhex(s2)
    F.md5(s)
    F.sha1(s)
    F.sha(s)
    F.sha2(s, 256)
    F.sha2(s, 512)
    F.sha2(s, 0)
    F.crc32(s)
    F.hash(i)
    F.hash(s)
    F.hash(i, s)
    F.hash(l)
    F.hash(d)
    F.hash(f)
    F.hash(b)
    F.hash(t)
    F.hash(ts)
    F.hash(n)
    F.hash(y)
    F.hash(h)
    F.hash(bin)
    F.hash(ai)
    F.hash(r)
    F.xxhash64(i)
    F.xxhash64(s)
    F.xxhash64(i, s)
    F.xxhash64(d)
    F.xxhash64(l)
    F.xxhash64(n)
    F.xxhash64(t)
    F.xxhash64(ts)
    F.encode(s, 'UTF-8')
    F.decode(bin, 'UTF-8')
    F.soundex(s)
    F.levenshtein(s, s2)
    F.format_number(x, 2)
    F.format_number(i, 0)
    F.format_number(d, 2)
    F.format_string('%s-%d', s, i)
    F.format_string('%s', s)
    F.format_string('%05d', i2)
    F.printf('%s', s)
    F.ascii(s2)
    F.empty(s) if hasattr(F, 'empty') else F.isnull(s)
    F.round(x)
    F.round(x, 2)
    F.round(x, -1)
    F.round(d, 2)
    F.round(d)
    F.round(f, 1)
    F.round(i)
    F.round(i, -1)
    F.round(l2, -1)
    F.round(n, 1)
    F.round(n)
    F.round(n2, 2)
    F.bround(x, 1)
    F.bround(x)
    F.bround(n, 1)
    F.floor(x)
    F.floor(d2)
    F.floor(d)
    F.floor(f)
    F.floor(n)
    F.floor(i)
    F.ceil(x)
    F.ceil(d)
    F.ceil(n)
    F.ceil(i)
    F.ceiling(x)
    F.rint(x)
    F.sqrt(x)
    F.sqrt(d)
    F.sqrt(i)
    F.cbrt(x)
    F.exp(x)
    F.expm1(x)
    F.log(x)
    F.log(d)
    F.ln(x)
    F.log10(x)
    F.log2(x)
    F.log1p(x)
    F.log(2.0, x)
    F.pow(x, F.lit(2))
    F.pow(i2, F.lit(2))
    F.pow(d, d2)
    F.power(x, F.lit(0.5))
    F.sin(x)
    F.cos(x)
    F.tan(x)
    F.asin(x)
    F.acos(x)
    F.atan(x)
    F.atan2(x, d2)
    F.sinh(x)
    F.cosh(x)
    F.tanh(x)
    F.degrees(x)
    F.radians(x)
    F.signum(x)
    F.sign(d)
    F.signum(i)
    F.abs(d)
    F.negative(x)
    F.negative(d)
    F.positive(x)
    F.pmod(i, i2)
    F.pmod(l, l2)
    F.pmod(x, d2)
    F.mod(i, i2) if hasattr(F, 'mod') else i % i2
    F.hypot(x, d2)
    F.factorial(i2)
    F.greatest(i, i2, h)
    F.least(i, i2, h)
    F.greatest(i, d)
    F.least(i, l)
    F.greatest(d, d2)
    F.least(d, d2)
    F.bin(i2)
    F.bin(l)
    F.conv(si, 10, 16)
    F.conv(s2, 16, 10)
    F.shiftleft(i, 2)
    F.shiftright(i, 2)
    F.shiftrightunsigned(i, 2)
    i.bitwiseAND(i2)
    i.bitwiseOR(i2)
    i.bitwiseXOR(i2)
    F.bitwise_not(i)
    l.bitwiseAND(l2)
    F.try_add(i, i2)
    F.try_subtract(i, i2)
    F.try_multiply(i, i2)
    F.try_divide(i, i2)
    F.try_divide(x, d2)
    F.try_add(l, l2)
    F.width_bucket(x, F.lit(0.0), F.lit(10.0), F.lit(5))
    F.year(t)
    F.month(t)
    F.dayofmonth(t)
    F.day(t)
    F.dayofweek(t)
    F.dayofyear(t)
    F.weekofyear(t)
    F.quarter(t)
    F.weekday(t)
    F.year(ts)
    F.month(ts)
    F.dayofmonth(ts)
    F.hour(ts)
    F.minute(ts)
    F.second(ts)
    F.dayofweek(ts)
    F.dayofyear(ts)
    F.weekofyear(ts)
    F.quarter(ts)
    F.weekday(ts)
    F.day(ts)
    F.year(sd)
    F.month(sd)
    F.hour(st)
    F.monthname(t)
    F.dayname(t)
    F.date_add(t2, 1)
    F.date_add(t2, i2)
    F.date_sub(t2, 1)
    F.dateadd(t2, 1)
    F.date_add(ts2, 1)
    F.datediff(t, t2)
    F.date_diff(t, t2)
    F.datediff(ts, ts2)
    F.add_months(t2, 1)
    F.add_months(t2, -13)
    F.add_months(t2, i2)
    F.months_between(t, t2)
    F.months_between(ts, ts2)
    F.months_between(t, t2, False)
    F.last_day(t2)
    F.last_day(t)
    F.next_day(t2, 'Mon')
    F.trunc(t, 'year')
    F.trunc(t, 'month')
    F.trunc(t, 'MM')
    F.trunc(t, 'week')
    F.trunc(t, 'quarter')
    F.date_trunc('year', ts)
    F.date_trunc('month', ts)
    F.date_trunc('week', ts)
    F.date_trunc('day', ts)
    F.date_trunc('hour', ts)
    F.date_trunc('minute', ts)
    F.date_trunc('second', ts)
    F.date_trunc('quarter', ts)
    F.date_trunc('month', t)
    F.date_trunc('day', t)
    F.to_date(sd)
    F.to_date(sd, 'yyyy-MM-dd')
    F.to_date(sd, 'yyyyMMdd')
    F.to_date(sd, 'dd/MM/yyyy')
    F.to_date(ts)
    F.to_date(t)
    F.to_timestamp(st)
    F.to_timestamp(st, 'yyyy-MM-dd HH:mm:ss')
    F.to_timestamp(sd, 'yyyy-MM-dd')
    F.to_timestamp(ts)
    F.to_timestamp(t)
    F.try_to_timestamp(st)
    F.try_to_timestamp(st, F.lit('yyyy-MM-dd HH:mm:ss'))
    F.try_to_date(sd) if hasattr(F, 'try_to_date') else F.to_date(sd)
    F.date_format(t, 'yyyy-MM-dd')
    F.date_format(t, 'yyyyMMdd')
    F.date_format(t, 'yyyy')
    F.date_format(t, 'MM')
    F.date_format(t, 'dd')
    F.date_format(t, 'yyyy-MM')
    F.date_format(t, 'yyyy/MM/dd')
    F.date_format(t, 'dd/MM/yyyy')
    F.date_format(t, 'MMM')
    F.date_format(t, 'MMMM')
    F.date_format(t, 'E')
    F.date_format(t, 'EEEE')
    F.date_format(t, 'd')
    F.date_format(t, 'M')
    F.date_format(t, 'D')
    F.date_format(t, 'Q')
    F.date_format(t, 'yy')
    F.date_format(ts, 'yyyy-MM-dd')
    F.date_format(ts, 'yyyy-MM-dd HH:mm:ss')
    F.date_format(ts, "yyyy-MM-dd'T'HH:mm:ss")
    F.date_format(ts, 'yyyy-MM-dd HH:mm:ss.SSS')
    F.date_format(ts, 'HH:mm')
    F.date_format(ts, 'HH')
    F.date_format(ts, 'yyyyMMddHHmmss')
    F.date_format(ts, 'yyyy')
    F.date_format(ts, 'MM')
    F.date_format(ts, 'dd')
    F.date_format(ts, 'yyyy-MM')
    F.date_format(ts, 'hh:mm a')
    F.date_format(ts, 'yyyyMMdd')
    F.unix_timestamp(ts)
    F.unix_timestamp(t)
    F.unix_timestamp(st)
    F.unix_timestamp(st, 'yyyy-MM-dd HH:mm:ss')
    F.unix_timestamp(sd, 'yyyy-MM-dd')
    F.to_unix_timestamp(ts)
    F.from_unixtime(l2)
    F.from_unixtime(l2, 'yyyy-MM-dd')
    F.from_unixtime(i2)
    F.timestamp_seconds(l2)
    F.timestamp_seconds(i2)
    F.timestamp_millis(l2)
    F.timestamp_micros(l2)
    F.timestamp_seconds(x)
    F.unix_seconds(ts)
    F.unix_millis(ts)
    F.unix_micros(ts)
    F.unix_date(t)
    F.date_from_unix_date(i2)
    F.make_date(i2, i2, i2)
    F.make_date(F.lit(2024), F.lit(2), F.lit(29))
    F.make_timestamp(F.lit(2024), F.lit(2), F.lit(29), F.lit(1), F.lit(2), F.lit(3.5))
    F.from_utc_timestamp(ts, 'America/New_York')
    F.to_utc_timestamp(ts, 'Asia/Tokyo')
    F.from_utc_timestamp(ts, 'UTC')
    F.extract(F.lit('YEAR'), ts)
    F.extract(F.lit('MONTH'), t)
    F.date_part(F.lit('day'), t)
    F.date_part(F.lit('dow'), t)
    F.timestamp_add('DAY', i2, ts2) if hasattr(F, 'timestamp_add') else ts
    F.timestamp_diff('DAY', ts, ts2) if hasattr(F, 'timestamp_diff') else ts
    F.timestamp_diff('HOUR', ts, ts2) if hasattr(F, 'timestamp_diff') else ts
    F.isnull(s)
    F.isnotnull(s)
    F.nvl2(s, i, i2)
    F.when(i > 1, 'x').when(i < 0, 'y').otherwise('z')
    F.when(i > 1, 1).otherwise(0)
    F.when(i > 1, 1.5).otherwise(0)
    F.when(s.isNull(), F.lit(None)).otherwise(s)
    F.coalesce(s, F.lit('none'))
    F.coalesce(i, F.lit(0))
    F.coalesce(d, F.lit(0.0))
    F.coalesce(l, F.lit(0))
    F.coalesce(i, l)
    F.coalesce(i, d)
    F.coalesce(F.lit(None), s)
    F.nullif(s, F.lit(''))
    F.nullif(i, F.lit(0))
    F.nullif(d, F.lit(0.0))
    F.equal_null(i, i2)
    F.zeroifnull(i) if hasattr(F, 'zeroifnull') else i
    F.nullifzero(i) if hasattr(F, 'nullifzero') else i
    F.raise_error('x')
    F.assert_true(b)
    F.assert_true(i2.isNull() | i2.isNotNull())
    r.p
    r['q']
    r.getField('p')
    F.col('r.p')
    F.col('r.q')
    F.struct(i, s)
    F.struct('i', 's')
    F.struct(i.alias('z'), F.upper(s).alias('u'))
    F.struct(r, ai)
    F.named_struct(F.lit('a'), i, F.lit('b'), s)
    F.struct(i, s).getField('s')
    F.struct(r.alias('inner')).getField('inner').getField('q')
    F.when(b, F.struct(i, s))
    F.when(b, F.struct(i, s)).getField('s')
    r.isNull()
    F.coalesce(r.p, F.lit(0))
    F.array(i, i2)
    F.array(s, s2)
    F.array(d, d2)
    F.array(F.lit(1), F.lit(2))
    F.array()
    F.array(r, r)
    F.array(i, l)
    F.array_contains(ai, 1)
    F.array_contains(as_, 'a')
    F.array_contains(ai, i)
    F.array_position(ai, 1)
    F.array_position(as_, 'a')
    F.array_distinct(ai)
    F.array_distinct(as_)
    F.array_remove(ai, 1)
    F.array_remove(as_, 'a')
    F.array_max(ai)
    F.array_min(ai)
    F.array_max(as_)
    F.array_join(as_, ',')
    F.array_join(as_, ',', '?')
    F.array_sort(ai)
    F.array_sort(as_)
    F.sort_array(ai)
    F.sort_array(ai, False)
    F.sort_array(as_)
    F.sort_array(as_, False)
    F.array_union(ai, F.array(F.lit(1), F.lit(9)))
    F.array_intersect(ai, ai)
    F.array_except(ai, ai)
    F.array_except(ai, F.array(i, i2))
    F.array_intersect(ai, F.array(i, i2))
    F.array_union(as_, as_)
    F.arrays_overlap(ai, F.array(i, i2))
    F.arrays_overlap(as_, as_)
    F.array_repeat(s, 2)
    F.array_repeat(i, 2)
    F.array_append(ai, 9)
    F.array_append(ai, i)
    F.array_prepend(ai, i)
    F.array_compact(ai)
    F.array_compact(as_)
    F.array_insert(ai, 1, 9)
    F.array_size(ai)
    F.slice(ai, 1, 2)
    F.slice(as_, 2, 5)
    F.size(ai)
    F.size(as_)
    F.size(m)
    F.cardinality(ai)
    F.reverse(ai)
    F.reverse(as_)
    F.flatten(F.array(ai, ai))
    F.sequence(F.lit(1), F.lit(3))
    F.sequence(F.lit(3), F.lit(1))
    F.sequence(F.lit(1), F.lit(10), F.lit(3))
    F.element_at(ai, 1)
    F.element_at(ai, -1)
    F.element_at(as_, 1)
    F.element_at(m, 'a')
    F.try_element_at(ai, F.lit(2))
    F.try_element_at(m, F.lit('a'))
    F.get(ai, 0)
    F.get(ai, 5)
    ai[0]
    as_[0]
    as_.getItem(0)
    m['a']
    m.getItem('a')
    ar[0]
    F.transform(ai, lambda v: v + 1)
    F.transform(as_, lambda v: F.upper(v))
    F.transform(ai, lambda v: v * i2)
    F.filter(ai, lambda v: v > 1)
    F.filter(as_, lambda v: v != 'a')
    F.filter(ai, lambda v: v.isNotNull())
    F.exists(ai, lambda v: v > 1)
    F.exists(ai, lambda v: v.isNull())
    F.forall(ai, lambda v: v > 0)
    F.transform(ar, lambda v: v.u)
    F.transform(ar, lambda v: F.struct(v.u.alias('u'), F.upper(v.v).alias('v')))
    F.filter(ar, lambda v: v.u > 1)
    F.map_keys(m)
    F.map_values(m)
    F.map_entries(m)
    F.map_contains_key(m, 'a')
    F.create_map(F.lit('k'), i)
    F.create_map(s, i)
    F.create_map(F.lit('a'), i, F.lit('b'), i2)
    F.map_from_arrays(F.array(F.lit('a')), F.array(i))
    F.map_from_arrays(as_, ai)
    F.map_from_entries(F.array(F.struct(F.lit('a'), i)))
    F.map_concat(m, m)
    F.map_concat(m, F.create_map(F.lit('new'), i))
    F.str_to_map(s, F.lit(','), F.lit(':'))
    F.get_json_object(sj, '$.a')
    F.get_json_object(sj, '$.b')
    F.get_json_object(sj, '$.b[0]')
    F.get_json_object(sj, '$.a.c')
    F.get_json_object(sj, '$')
    F.json_array_length(sj)
    F.json_object_keys(sj)
    F.to_json(r)
    F.to_json(ai)
    F.to_json(m)
    F.to_json(F.struct(i, s, d, b))
    F.to_json(F.struct(t, ts))
    F.to_json(F.struct(r, ar))
    F.from_json(sj, 'a INT')
    F.from_json(sj, 'a STRING')
    F.from_json(sj, 'b ARRAY<INT>')
    F.from_json(sj, 'a STRUCT<c: BOOLEAN>')
    F.from_json(sj, 'map<string,string>')
    F.monotonically_increasing_id() >= 0
    F.typeof(i)
    F.typeof(s)
    F.typeof(n)
    F.typeof(ai)
    F.input_file_name()
    F.current_date() >= t2
    F.current_timestamp() >= ts2
    F.now() >= ts2
    (F.rand() < 2).alias('c')
    F.uuid().isNotNull()
    F.version().isNotNull()
    F.current_user().isNotNull()
    F.spark_partition_id() >= 0
    F.url_decode(s2)
    F.url_encode(s)
    F.parse_url(F.lit('http://a.b/c?d=e'), F.lit('HOST'))
    F.is_variant_null(F.parse_json(sj))
    F.to_number(si, F.lit('999'))
    F.try_to_number(si, F.lit('999'))
    F.to_char(i, F.lit('999'))
    F.mask(s)
    F.randstr(F.lit(5)) if False else s
    F.sentences(s)
    F.elt(i2, s, s2)
    F.find_in_set(s2, s)
    F.quote(s) if hasattr(F, 'quote') else s
""")

SCALARS += lines(r"""
    F.regexp_replace(s, '[^0-9]', '')
    F.regexp_replace(s2, '[a-z]{1,2}', '<>')
    F.regexp_replace(sd, '-', '/')
    F.regexp_replace(s, '(a|b)c', 'Z')
    F.regexp_replace(st, '[-: ]', '')
    F.regexp_extract(sd, '([0-9]{4})-([0-9]{2})', 2)
    F.regexp_extract(s, '^([A-Z])', 1)
    F.regexp_extract(st, '([0-9]+):([0-9]+)', 1)
    s.rlike('^[A-Z]')
    s.rlike('b,c|c,b')
    sd.rlike('^[0-9]{4}-[0-9]{2}')
    F.split(st, '[ T]')
    F.split(s, '\\|')
    F.split(sd, '-', 2)
    F.split(st, ':')
    F.get_json_object(sj, '$.b.c')
    F.get_json_object(sj, '$.absent')
    F.get_json_object(F.when(i2 > 1, F.lit('{"a": 1.50}')).otherwise(F.lit('{"a": "x y", "b": 1}')), '$.a')
    F.get_json_object(F.when(i2 > 1, F.lit('{"a": {"c" : 1}}')).otherwise(F.lit('{"a": -7}')), '$.a')
    F.date_format(t, 'dd/MM/yyyy')
    F.date_format(t, 'yyyyMM')
    F.date_format(ts, 'dd.MM.yyyy HH:mm')
    F.date_format(ts, 'HHmmss')
    F.date_format(ts, 'yyyy_MM_dd')
    F.from_unixtime(l2, 'yyyy-MM-dd HH:mm:ss')
    F.from_unixtime(l2, 'yyyyMMdd')
    x.cast('decimal(12,3)')
    d2.cast('decimal(20,4)')
    F.round(x, 2).cast('decimal(18,2)')
    x.cast('decimal(38,6)')
    x.cast('decimal(6,2)')
    x.cast('decimal(5,0)')
    d.cast('decimal(10,2)')
    F.array_contains(ai, 3)
    F.array_contains(as_, s2)
    F.extract(F.lit('HOUR'), ts)
    F.extract(F.lit('DAY'), t)
    F.date_part(F.lit('week'), t)
    F.aggregate(ai, F.lit(0), lambda acc, v: acc + F.coalesce(v, F.lit(0)))
    F.aggregate(as_, F.lit(''), lambda acc, v: F.concat(acc, F.coalesce(v, F.lit('?'))), lambda acc: F.upper(acc))
    F.map_filter(m, lambda k, v: v > 1)
    F.transform(as_, lambda v, i: F.concat(v, i.cast('string')))
    F.filter(ai, lambda v, i: i > 0)
    F.to_date(sd, 'yyyy/MM/dd')
    F.to_date(sd, 'dd-MM-yyyy')
    F.to_timestamp(st, 'yyyy-MM-dd HH:mm')
""")

AGGREGATES = [
    *(f"F.{name}({column})" for name in ("count", "min", "max", "countDistinct") for column in ALL),
    *(
        f"F.{name}({column})"
        for name in ("sum", "avg", "mean", "sum_distinct")
        for column in ["y", "h", "i", "i2", "l", "l2", "f", "d", "d2", "x", "n", "n2", "si"]
    ),
    *(
        f"F.{name}({column})"
        for name in (
            "stddev",
            "stddev_samp",
            "stddev_pop",
            "variance",
            "var_samp",
            "var_pop",
            "skewness",
            "kurtosis",
            "median",
        )
        for column in ["i2", "l2", "x", "n2", "d2"]
    ),
    *(f"F.{name}({column})" for name in ("collect_set", "collect_list") for column in ["i2", "s2", "x", "r", "b"]),
    *(f"F.{name}({column})" for name in ("collect_set", "collect_list") for column in ["l2", "n2", "t2", "ts2"]),
    *(f"F.{name}({column}, True)" for name in ("first", "last") for column in ["i2", "s2", "t2"]),
    *(f"F.{name}({column}, True)" for name in ("first", "last") for column in ["l2", "x", "n2", "b2", "ts2", "r"]),
    *(f"F.{name}({column})" for name in ("first", "last", "any_value") for column in ["i", "s", "r"]),
    *(f"F.{name}({column})" for name in ("first", "last") for column in ["l", "x", "n", "b", "t", "ts", "ai"]),
    *lines(r"""
    F.count('*')
    F.count(F.lit(1))
    F.count(r)
    F.count(ai)
    F.count_if(b)
    F.bool_and(b)
    F.bool_or(b)
    F.every(b)
    F.some(b)
    F.max_by(s, i2)
    F.min_by(s, i2)
    F.max_by(i, x)
    F.max_by(s, t2)
    F.max_by(r, i2)
    F.corr(x, d2)
    F.corr(x, F.col('i2').cast('double'))
    F.covar_pop(x, F.col('i2').cast('double'))
    F.covar_samp(x, F.col('i2').cast('double'))
    F.approx_count_distinct(s)
    F.approx_count_distinct(i)
    F.percentile(x, 0.5)
    F.percentile(d2, 0.5)
    F.percentile(f, 0.25)
    F.median(f)
    F.percentile(i2, 0.25)
    F.percentile_approx(x, 0.5)
    F.percentile_approx(i2, 0.5)
    F.mode(s2)
    F.bit_and(i2)
    F.bit_or(i2)
    F.bit_xor(i2)
    F.product(i2)
    F.try_sum(l)
    F.try_sum(i)
    F.try_avg(i)
    F.countDistinct(i, s)
    F.sum(i2 * 2)
    F.sum(F.when(b, 1).otherwise(0))
    F.sum(F.when(b, x))
    F.sum(x) / F.count(x)
    F.max(t2)
    F.max(F.struct(i2, s2))
    F.min(F.struct(i2, s2))
    F.round(F.avg(x), 2)
    F.sum(x).cast('decimal(20,2)')
    F.sum(i2).cast('string')
    F.coalesce(F.sum(i), F.lit(0))
    F.sum(i2.cast('bigint'))
    F.sum(x.cast('int'))
    F.listagg(s2)
    F.string_agg(s2, F.lit(','))
    F.array_sort(F.collect_set(s2))
    F.size(F.collect_set(i2))
    F.sort_array(F.collect_list(i2))
    F.concat_ws(',', F.sort_array(F.collect_set(s2)))
    F.max(ai)
    F.min(r)
    F.grouping('g')
    F.sum(b.cast('int'))
    F.avg(n)
    F.sum(n * n2)
    F.max(F.length(s))
    F.histogram_numeric(x, F.lit(3))
    F.regr_slope(x, d2)
    F.map_from_entries(F.collect_list(F.struct(s2, i2)))
    """),
]

_W = "Window.partitionBy('g').orderBy('id')"
WINDOWS = lines(rf"""
    F.row_number().over({_W})
    F.rank().over(Window.partitionBy('g').orderBy('i2'))
    F.dense_rank().over(Window.partitionBy('g').orderBy('i2'))
    F.percent_rank().over(Window.partitionBy('g').orderBy('i2'))
    F.cume_dist().over(Window.partitionBy('g').orderBy('i2'))
    F.ntile(2).over({_W})
    F.ntile(5).over({_W})
    F.lag('i').over({_W})
    F.lag('s', 2).over({_W})
    F.lag('i', 1, 0).over({_W})
    F.lead('i').over({_W})
    F.lead('s', 1, 'none').over({_W})
    F.lead('t').over({_W})
    F.lag('d').over({_W})
    F.lag('r').over({_W})
    F.first('s').over({_W})
    F.last('s').over({_W})
    F.first('i', True).over({_W})
    F.last('i', True).over({_W})
    F.first('i', True).over({_W}.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
    F.last('s').over({_W}.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
    F.nth_value('i', 2).over({_W})
    F.sum('i2').over({_W})
    F.sum('x').over({_W})
    F.sum('l2').over({_W})
    F.sum('n').over({_W})
    F.sum('i2').over(Window.partitionBy('g'))
    F.sum('x').over(Window.partitionBy('g'))
    F.avg('x').over(Window.partitionBy('g'))
    F.avg('i2').over({_W})
    F.count('i').over({_W})
    F.count('*').over(Window.partitionBy('g'))
    F.count(F.lit(1)).over(Window.partitionBy('g'))
    F.min('i').over({_W})
    F.max('i').over({_W})
    F.max('t').over(Window.partitionBy('g'))
    F.max('s').over(Window.partitionBy('g'))
    F.min('d').over(Window.partitionBy('g'))
    F.max('d').over(Window.partitionBy('g'))
    F.max('ts').over({_W})
    F.sum('i2').over({_W}.rowsBetween(-1, 0))
    F.sum('i2').over({_W}.rowsBetween(-1, 1))
    F.sum('i2').over({_W}.rowsBetween(0, Window.unboundedFollowing))
    F.sum('i2').over({_W}.rowsBetween(Window.unboundedPreceding, 0))
    F.avg('x').over({_W}.rowsBetween(-2, 0))
    F.sum('x').over({_W}.rowsBetween(-2, 0))
    F.avg('i2').over({_W}.rowsBetween(-2, 0))
    F.sum('l2').over({_W}.rowsBetween(-2, 0))
    F.sum('n').over({_W}.rowsBetween(-2, 0))
    F.max('i').over({_W}.rowsBetween(-2, 0))
    F.min('x').over({_W}.rowsBetween(-2, 0))
    F.max('d').over({_W}.rowsBetween(-2, 0))
    F.count('i').over({_W}.rowsBetween(-2, 0))
    F.count('*').over({_W}.rowsBetween(-2, 2))
    F.max('s').over({_W}.rowsBetween(1, Window.unboundedFollowing))
    F.count('*').over({_W}.rowsBetween(Window.unboundedPreceding, -1))
    F.max('t').over({_W}.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
    F.sum('d').over({_W})
    F.avg('d').over({_W})
    F.sum('x').over({_W}.rowsBetween(Window.unboundedPreceding, 0))
    F.sum('i2').over(Window.partitionBy('g').orderBy('id').rangeBetween(-2, 0))
    F.sum('i2').over(Window.partitionBy('g').orderBy('i2'))
    F.count('*').over(Window.partitionBy('g').orderBy('i2').rangeBetween(Window.unboundedPreceding, 0))
    F.row_number().over(Window.partitionBy('g').orderBy(F.col('i2').desc(), 'id'))
    F.row_number().over(Window.partitionBy('g').orderBy(F.col('s').desc_nulls_last(), 'id'))
    F.row_number().over(Window.partitionBy('g').orderBy(F.col('d').desc(), 'id'))
    F.row_number().over(Window.partitionBy('g').orderBy(F.col('t').asc_nulls_last(), 'id'))
    F.row_number().over(Window.partitionBy('b', 'g').orderBy(F.col('ts').desc(), 'id'))
    F.row_number().over(Window.partitionBy('i2').orderBy('id'))
    F.row_number().over(Window.partitionBy('t2').orderBy('id'))
    F.row_number().over(Window.partitionBy('d').orderBy('id'))
    F.row_number().over(Window.partitionBy('n').orderBy('id'))
    F.row_number().over(Window.partitionBy('l').orderBy('id'))
    F.row_number().over(Window.partitionBy('ts').orderBy('id'))
    F.row_number().over(Window.orderBy('id'))
    F.sum('i2').over(Window.orderBy('id'))
    F.collect_list('i2').over({_W})
    F.collect_set('i2').over(Window.partitionBy('g'))
    F.stddev('x').over(Window.partitionBy('g'))
    F.max(F.col('i2') + 1).over(Window.partitionBy('g'))
    F.col('i2') - F.lag('i2').over({_W})
    F.datediff('t', F.lag('t').over({_W}))
    F.col('x') / F.sum('x').over(Window.partitionBy('g'))
    F.when(F.row_number().over({_W}) == 1, 'first').otherwise('rest')
""")


_TARGETS = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(10,2)",
    "decimal(38,10)",
    "boolean",
    "date",
    "timestamp",
    "binary",
)
PARSES = [
    *(f"F.col('w').try_cast('{to}')" for to in _TARGETS),
    *(f"F.col('w').cast('{to}')" for to in _TARGETS),
    "F.try_to_timestamp(F.col('w'))",
    "F.to_date(F.col('w'))",
    "F.to_timestamp(F.col('w'))",
    *(
        f"F.to_date(F.col('w'), '{format}')"
        for format in ("yyyy-MM-dd", "yyyyMMdd", "yyyy/MM/dd", "dd/MM/yyyy", "MM-dd-yyyy")
    ),
    *(f"F.to_date(F.translate(F.col('w'), '-/', '/.'), '{format}')" for format in ("MM/dd/yyyy", "dd.MM.yyyy")),
    "F.to_timestamp(F.col('w'), 'yyyy-MM-dd HH:mm:ss')",
    r"F.split(F.col('w'), ',\\s*')",
    r"F.split(F.col('w'), '[\\s:]+')",
    r"F.regexp_replace(F.col('w'), '\\d+', '#')",
    r"F.regexp_replace(F.col('w'), '[^\\w]', '')",
    r"F.regexp_extract(F.col('w'), '(\\d+)-(\\w+)', 2)",
    r"F.col('w').rlike('^\\w+\\s')",
    "F.upper(F.col('w'))",
    "F.trim(F.col('w'))",
    "F.length(F.col('w'))",
    "F.md5(F.col('w'))",
    "F.col('w') == '1'",
    "F.col('w') == 1",
    "F.col('w') > 1.5",
    "F.col('w') >= datetime.date(2024, 1, 1)",
]


def scope() -> dict[str, object]:
    """The names the expressions use."""
    import datetime
    import decimal

    from nasty import COLUMNS
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    columns = {("as_" if name == "as" else name): F.col(name) for name in COLUMNS}
    return {"F": F, "Window": Window, "datetime": datetime, "decimal": decimal, **columns}
