# ruff: noqa: E501
"""More programs: SQL as scripts write it, and DataFrame methods beyond the first set. See `programs`."""

from __future__ import annotations

from programs import sql, table

# -- subqueries

sql(r"""
select k, l from a where k in (select k from b)
select k, l from a where k not in (select k from b)
select k, l from a where k not in (select k from b where k is not null)
select k, l from a where k not in (select k from b where k > 100)
select k, l from a where k in (select k from b where r <> 'A') and v > 1
select l from a where k in (select b.k from b join a z on b.k = z.k)
select l from a where k in (select max(k) from b group by r having count(*) > 0)
select l from a where k in (select distinct k from b) and k not in (select id from n where id > 5)
select l from a where exists (select 1 from b where b.k = a.k)
select l from a where not exists (select 1 from b where b.k = a.k)
select l from a where exists (select * from b where b.k = a.k and b.r <> 'A')
select l from a where exists (select 1 from b where b.k > a.k)
select l from a where not exists (select r from b where b.k = a.k and r like 'B%')
select l from a where exists (select 1 from b where k = 5)
select l from a where not exists (select 1 from b where k = 55)
select l from a x where exists (select 1 from a where a.k = x.k and a.v > x.v)
select l from a where exists (select 1 from b where b.k = a.k) and v is not null
select l from a where k in (select k from b where b.r = upper(a.l))
select l from a where v > (select avg(v) from a)
select l, (select max(k) from b) as m from a
select (select max(k) from b) as m, (select count(*) from n) as c
select l from a where k = (select max(b.k) from b where b.k = a.k)
select l, (select count(*) from b where b.k = a.k) as c from a
select l, (select max(r) from b where b.k = a.k) as m from a
select l, v - (select min(v) from a) as d from a where v < (select max(v) from a where l is not null)
select g, count(*) as c from n group by g having count(*) > (select count(*) from b)
with c as (select k from b where k is not null) select l from a where k not in (select k from c)
with c as (select k, count(*) as t from b group by k), d as (select max(t) as m from c) select c.k from c where t = (select m from d) and k is not null
select l from a where k in (1, 2) or v > (select avg(v) from a)
select l from a where (select count(*) from b) > 3
select max(l) from a where k in (select k from b)
select l from a left join b on a.k = b.k where a.k in (select k from b where r is not null)
! select l from a where k in (select k from b) order by l desc
delete from a where k in (select k from b)
select k, l from a where k in (select r from b)
select l from a where (k, l) in (select k, r from b)
select l from a where k in (select k from b) or v > 5
select l, k in (select k from b) as held from a
select l from a where v = (select v from a where k = 1)
select l from a where v = (select v from a)
""")

# -- common table expressions, VALUES, groups

sql(r"""
with c(x, y) as (select id, s from n where id < 4) select x, y from c
with c as (with d as (select 1 as q) select q from d) select q from c
with a as (select 5 as k) select k from a
with c as (select k from a), d as (select k from b) select c.k from c join d on c.k = d.k
with c as (select k, l from a) select x.l, y.l as m from c x join c y on x.k = y.k
with c as (select g, count(*) as t from n group by g) select * from c union all select 'all', sum(t) from c
select * from values (1, 'a'), (2, 'b') as t(x, y)
select * from values (1, 'a', 1.5, true), (2, null, 2.5, false)
select x + 1 as z, y from values (1, date '2024-01-31'), (2, date '2024-02-01') as t(x, y) where x > 1
values (1, 'a'), (2, 'b')
select a.l, t.w from a join (values (1, 'one'), (2, 'two')) as t(k, w) on a.k = t.k
select g, b, count(*) as c from n group by rollup(g, b)
select g, b, sum(i2) as c from n group by cube(g, b)
select g, b, count(*) as c from n group by grouping sets ((g), (b))
select g, b, count(*) as c, sum(i2) as s from n group by grouping sets ((g, b), (g), ())
select g, b, count(*) as c from n group by g, b with rollup
select g, count(g) as c, grouping(g) as o from n group by rollup(g)
select g, b, grouping_id() as i, count(*) as c from n group by cube(g, b)
select g, count(*) as c from n group by all
select g, b, max(x) as m from n group by all
select upper(g) as u, sum(i2) + 1 as s from n group by all
select count(*) as c from n group by all
select * except (s) from (select id, s, s2 from n)
select n.* except (s, d, f) from n where id < 3
select distinct g, count(*) as c from n group by g, b
select sum(i2) filter (where b) as f, count(*) filter (where i2 > 1) as c, max(s2) filter (where b) as m from n
select g, sum(x) filter (where i2 > 0) as f, count(i2) filter (where b) as c from n group by g
select g, collect_list(i2) filter (where b) as c from n where id < 0 group by g
select g, max_by(s2, id) as a, min_by(s2, id) as i from n group by g
select g, percentile_approx(i2, 0.5) as p, approx_percentile(id, 0.25) as q from n group by g
select percentile_approx(x, array(0.25, 0.5, 0.75)) as p from n
select g, percentile(i2, 0.5) as p, median(i2) as m from n group by g
select g, stddev(x) as s, variance(x) as v from n where x is not null group by g
select g, approx_count_distinct(s2) as c, count(distinct s2) as d from n group by g
select g, bool_and(b) as a, bool_or(b) as o, every(b) as e, count_if(b) as c from n group by g
select g, array_sort(collect_set(i2)) as s, sort_array(collect_list(i2)) as l from n group by g
select g, concat_ws(',', sort_array(collect_list(s2))) as l from n group by g
select g, first(id) is not null as f from n group by g
select any_value(g) as v from n where g = 'a'
select g, sum(distinct i2) as s, avg(distinct i2) as a from n group by g
select g, count(distinct i2, b) as c from n group by g
select g, mode(i2) as m from n where id = 3 group by g
select g as k, max(i) as m, min(i) as i from n group by g having min(i) < 0
select g, sum(i2) as s from n group by g having s > 1
select year(t2) as y, month(t2) as m, count(*) as c from n group by year(t2), month(t2)
select date_trunc('month', ts2) as m, count(*) as c from n group by 1
select case when i2 > 1 then 'hi' else 'lo' end as k, count(*) as c from n group by case when i2 > 1 then 'hi' else 'lo' end
select g, sum(case when b then x end) / count(case when b then 1 end) as r from n where g in ('a', 'b') group by g
select try_divide(sum(i2), 0) as z from n
select g, try_sum(i) as s, try_avg(i) as a from n group by g
select * from (select g, b, i2 from n) pivot (sum(i2) for b in (true, false))
select * from (select g, i2, id % 3 as m from n) pivot (sum(i2) as s, count(*) as c for m in (0 as z, 1 as o, 2 as t))
select * from (select id, i2, l2 from n) unpivot (v for k in (l2))
select id, k, v from (select id, s, s2 from n) unpivot (v for k in (s, s2))
select id, k, v from (select id, s, s2 from n) unpivot include nulls (v for k in (s as first, s2 as second))
""")

# -- dates, intervals, strings, lambdas, arrays, windows

sql(r"""
select id, t2 + interval 1 day as a, t2 - interval 2 days as b, t2 + interval 1 week as c from n
select id, t2 + interval 1 month as a, t2 - interval 1 year as b from n
select id, ts2 + interval 1 hour as a, ts2 - interval 30 minutes as b, ts2 + interval 10 seconds as c from n
select id, ts2 + interval 1 day as a, ts2 - interval 1 month as b from n
select id, t2 + interval '1' day as a, ts2 + interval '2' hour as b from n
select id, date '2024-01-31' + interval 1 day as d from n
select id from n where t2 > date '2024-02-01' - interval 30 days
select id, t2 + 1 as a, t2 - 1 as b, t - t2 is not null as c from n
select current_date() - interval 1 day < current_date() as c
select id, interval 1 day as i from n where id = 1
select id, dateadd(day, 1, t2) as a, timestampadd(hour, 2, ts2) as b from n
select id, datediff(day, t2, t) as a, timestampdiff(hour, ts2, ts) as b from n
select id, extract(year from t2) as y, extract(month from ts2) as m, extract(hour from ts2) as h from n
select id, date_part('year', t2) as y, date_part('day', ts2) as d from n
select id, to_date('31/01/2024', 'dd/MM/yyyy') as d, to_timestamp('2024-01-31 10:20:30', 'yyyy-MM-dd HH:mm:ss') as t from n where id < 2
select id, trunc(t2, 'MM') as m, trunc(t2, 'YEAR') as y, last_day(t2) as l, add_months(t2, 2) as a, next_day(t2, 'MO') as x from n
select id, date_format(ts2, 'yyyy/MM/dd') as a, date_format(ts2, 'yyyy-MM-dd HH:mm:ss') as b, from_unixtime(l2) as c, unix_timestamp(ts2) as u from n
select id, months_between(t2, date '2024-01-01') as m, weekofyear(t2) as w, dayofweek(t2) as d, quarter(t2) as q from n
select id, make_date(2024, 2, 29) as d, sequence(1, 3) as s, sequence(date '2024-01-01', date '2024-01-03', interval 1 day) as q from n where id < 2
select id, decode(i2, 1, 'one', 2, 'two', 'many') as c, decode(g, 'a', 1, 'b', 2) as d from n
select id, nvl2(s, 'y', 'n') as a, if(b, 1, 0) as c, isnull(s) as d, isnotnull(s) as e from n
select id, regexp_replace(s, '[^a-z]', '') as a, regexp_extract(s, '([a-z]+)', 1) as c, split(s, ',')[0] as d from n
select id, regexp_replace(s, '\\s+', '_') as a, s rlike '\\d' as c, split(s, '\\|') as d from n
select id, s like '%a%' as a, s ilike 'A%' as c, s not like '_' as d, s2 like 'a%' or s2 like 'b%' as e from n
select id, lower(s) as a, initcap(s2) as c, lpad(si, 8, '0') as d, rpad(si, 8, ' ') as e, length(s) as f from n
select id, left(s, 2) as a, right(s, 2) as c, substr(s, 2) as d, substring(s, 2, 3) as e, substring(s from 2 for 2) as f from n
select id, position('a' in s) as a, locate('a', s) as c, instr(s, 'a') as d, translate(s, 'ab', 'xy') as e from n
select id, trim(both ' ' from s) as a, trim(leading from s) as c, ltrim(s) as d, rtrim(s) as e, btrim(s) as f from n
select id, concat(s, ':', s2) as a, s || ':' || s2 as c, concat_ws('-', s, s2, si) as d from n
select id, upper(trim(s)) as a, reverse(s) as c, repeat(s2, 2) as d, replace(s, 'a') as e, overlay(s placing 'Z' from 1) as f from n
select id, 'it''s' as q, 'a' 'b' as c from n where id < 2
select id, 'tab\tnew\nline' as q, 'back\\slash' as b, "double 'q'" as d, 'a\'b' as e from n where id < 2
select id, r'raw\d' as q from n where id < 2
select id, s != 'a!' as c, '100%' as p, 'a|>b' as q from n where id < 3
select id, ! b as c from n
select id, !(i2 > 1) as c from n
select id, i2 <> 1 and not (b or i2 = 2) as c from n
select id, i2 = 1 is true as c from n
select id, b is true as a, b is not true as c, b is false as d, b is not false as e from n
select id, s is distinct from s2 as a, s is not distinct from s2 as c from n
select id, i2 div 2 as a, i2 % 3 as c, -i2 as d, abs(i2) as e, pmod(i2, 3) as f from n
select id, round(x, 1) as a, floor(x) as c, ceil(x) as d, sqrt(abs(x)) as e, power(i2, 2) as f, sign(x) as g from n where x is not null
select id, greatest(i2, id, 3) as a, least(i2, id) as c, hash(id, s) as h, md5(s) as m, sha2(s, 256) as e from n
select id, cast(x as decimal(10,2)) as a, cast(i2 as double) as c, cast(id as string) as d, cast(b as int) as e, bigint(id) as f, string(id) as g, double(i2) as h, int(x) as j from n where x is not null
select id, id::string as a, x::decimal(10,1) as c from n where x is not null
select id, transform(ai, v -> v + 1) as a, filter(ai, v -> v > 1) as c, exists(ai, v -> v = 1) as d, forall(ai, v -> v > 0) as e from n
select id, transform(ai, (v, i) -> v * i) as a, aggregate(ai, 0, (acc, v) -> acc + coalesce(v, 0)) as c from n
select id, aggregate(ai, 0, (acc, v) -> acc + v, acc -> acc * 10) as a, reduce(as, '', (acc, v) -> concat(acc, coalesce(v, ''))) as c from n
select id, map_filter(m, (k, v) -> v > 1) as a, transform_values(m, (k, v) -> v + 1) as c from n
select id, zip_with(ai, ai, (x, y) -> x + y) as a from n
select id, array_sort(ai, (x, y) -> case when x < y then -1 when x > y then 1 else 0 end) as a from n where id < 4
select id, array(1, 2, i2) as a, array_contains(ai, 1) as c, size(ai) as d, element_at(ai, 1) as e, sort_array(ai, false) as f from n where size(ai) > 0
select id, array_join(as, ',') as a, array_distinct(ai) as c, array_union(ai, array(9)) as d, array_except(ai, array(1)) as e, slice(ai, 1, 2) as f, explode(as) as g from n
select id, map('a', 1, 'b', i2) as a, m['a'] as c, map_keys(m) as d, map_values(m) as e, named_struct('x', id, 'y', s) as f, struct(id, s) as g from n
select id, struct(id as x, s as y).y as a, named_struct('p', 1).p as c, r.* from n
select id, get_json_object(sj, '$.a') as c, to_json(r) as d, to_json(named_struct('a', id)) as e from n
select id, from_json(sj, 'a STRING, b STRING') as a from n
select id, from_json(sj, 'a INT, b ARRAY<INT>') as a from n
select id, from_json('{"a": 1, "b": {"c": "x"}}', 'a INT, b STRUCT<c: STRING>').b.c as x from n where id < 2
select id, json_tuple(sj, 'a', 'b') as (x, y) from n
select id, u, v from n lateral view json_tuple(sj, 'a', 'b') j as u, v
select id, e from n lateral view explode(array(1, 2)) t as e where id < 3
select id, p, e from n lateral view posexplode(ai) t as p, e
select id, p, e from n lateral view outer posexplode(ai) t as p, e
select id, k, v from n lateral view explode(m) t as k, v
select id, t.e, u.f from n lateral view explode(ai) t as e lateral view explode(as) u as f
select id, t.e.u as u from n lateral view explode(ar) t as e
select t.e, count(*) as c from n lateral view explode(ai) t as e group by t.e
select id, posexplode(ai) as (p, e) from n
select id, col from n lateral view explode(ai)
select id, inline(ar) from n
select id, u, v from n lateral view inline(ar) x as u, v
select id, sum(i2) over (order by id rows between 2 preceding and 1 following) as s from n
select id, avg(i2) over (order by id rows 2 preceding) as s from n
select id, count(x) over (order by id rows between 3 preceding and 1 preceding) as s from n
select stack(2, 1, 'a', 2, 'b') as (x, y)
select id, u, v from n lateral view stack(2, 'i', i2, 'j', id) s as u, v
select id, k, v from (select id, s, s2 from n) lateral view explode(map('s', s, 's2', s2)) as k, v
select id, sum(i2) over w as s, count(*) over w as c from n window w as (partition by g order by id)
select id, first_value(s2) over (partition by g order by id) as f, last_value(i2) over (partition by g order by id rows between unbounded preceding and unbounded following) as l from n
select id, first_value(i) ignore nulls over (partition by g order by id) as f, last(i, true) over (partition by g order by id) as l from n
select id, sum(i2) over (order by id rows between 2 preceding and 1 following) as s, avg(x) over (order by id rows 2 preceding) as a from n
select id, sum(i2) over (partition by g order by id range between 2 preceding and current row) as s from n
select id, ntile(3) over (order by id) as a, percent_rank() over (order by i2) as c, cume_dist() over (order by i2) as d, nth_value(s2, 2) over (order by id) as e from n
select id, max(t2) over (partition by g) as m, min(s2) over (partition by g order by id desc) as i from n
select id, i2 - lag(i2, 1, 0) over (order by id) as d, lead(t2) over (partition by g order by id) as e from n
select g, sum(sum(i2)) over (order by g) as s from n group by g
select * from (select id, g, row_number() over (partition by g order by i2 desc nulls last, id) as rn from n) where rn <= 2
select id, g from n qualify row_number() over (partition by g order by id) = 1
select id, row_number() over (order by monotonically_increasing_id()) > 0 as r from n
select /*+ broadcast(b) */ a.l, b.r from a join b on a.k = b.k
select /*+ repartition(3) */ id from n
select /*+ coalesce(1) */ id from n
select a.l, b.r from a natural join b
select l, r from a full join b using (k)
select a.l, c.r from a left join (select k, max(r) as r from b group by k) c on a.k = c.k
select a.l, b.r, z.v from a left join b on a.k = b.k left join a z on z.k = b.k and z.v > 1
select a.l, b.r from a join b on a.k = b.k and b.r in ('A', 'B') or a.l = 'x'
select a.l from a, lateral (select k from b where b.k = a.k) x
select id from range(5)
select id * 2 as d from range(2, 10, 3)
select g from n minus select s2 from n
select g from n except all select s2 from n
select g from n intersect all select s2 from n
select i2 as v, s as w from n where id < 3 union all select 7, 'x' union all select 8, null
select null as z union all select 'x'
select 1 as v union all select 2.5
(select 1 as v) union (select 1) union (select 2)
! select id from n order by id limit 3 offset 2
! select id, i2 from n order by abs(i2) desc nulls last, id limit all
! select id from n sort by id
select id from n distribute by g
select id from n cluster by id
! select g, count(*) c from n group by g order by all
! select * from (select id, s from n order by id desc limit 5) order by id
! select distinct i2 % 2 as m from n order by m
! select id, s as t from n where s is not null order by upper(t), id
select array(1, 2)[0] as a, map('k', 'v')['k'] as b, named_struct('f', 1).f as c
select cast(null as int) as a, coalesce(null, 1) as b, nullif(1, 1) as c, 1 is null as d, null = null as e, null <=> null as f
select 1 + 1, 2 * 3.5, 'a' || 'b', upper('x'), cast('5' as int), true and false, 7 / 2, 7 % 3
select count(*), count(1), sum(id), avg(i2), max(s), min(id + 1) from n
select g, upper(g), length(g) + 1, coalesce(g, 'none'), count(*) from n group by g
select current_database() as d
select current_user() is not null as u, current_timezone() as z, version() is not null as v
select typeof(1) as a, typeof('x') as b, typeof(array(1)) as c
select uuid() is not null as u, rand() < 2 as r, monotonically_increasing_id() >= 0 as m
select assert_true(id >= 0) as a from n
select raise_error('no') as a
select id, input_file_name() as f from n
select spark_partition_id() >= 0 as p from n
select cast('2024-01-31' as date) + interval 1 day as d, timestamp '2024-01-31 10:00:00' - interval 1 hour as t
select inline(array(struct(1, 'a'), struct(2, 'b')))
select explode(sequence(1, 3)) as v
select explode(split('a,b,c', ',')) as v
table n
select :x as v
""")

# -- statements that are not queries

table(
    "statement",
    r"""
(n.createOrReplaceTempView("v"), spark.sql("cache table v"), spark.sql("select id from v"))[2]
(n.createOrReplaceTempView("v"), spark.sql("uncache table if exists v"), spark.sql("select id from v"))[2]
(n.createOrReplaceTempView("v"), spark.sql("cache lazy table v"), spark.table("v").select("id"))[2]
(n.createOrReplaceTempView("v"), spark.sql("cache table w as select id, i2 from v where id > 3"), spark.table("w"))[2]
(n.createOrReplaceTempView("v"), spark.sql("refresh table v"), spark.table("v").select("id"))[2]
(spark.sql("clear cache"), spark.range(3))[1]
(spark.sql("set spark.sql.shuffle.partitions = 7"), spark.createDataFrame([(spark.conf.get("spark.sql.shuffle.partitions"),)], "s string"), spark.sql("set spark.sql.shuffle.partitions = 2"))[1]
spark.sql("set spark.sql.shuffle.partitions=3")
spark.sql("SET my.own.variable=some value")
(spark.sql("set spark.sql.adaptive.enabled=true"), n.groupBy("g").count())[1]
(a.select("k", "l", "v").createOrReplaceTempView("v"), spark.sql("describe v"))[1]
(a.createOrReplaceTempView("v"), spark.sql("desc table v"))[1]
(a.createOrReplaceTempView("v"), spark.sql("describe table extended v"))[1]
(a.createOrReplaceTempView("v"), spark.sql("show columns in v"))[1]
(a.createOrReplaceTempView("v"), spark.sql("show columns from v"))[1]
spark.sql("describe query select 1 as x, 'a' as y")
(a.createOrReplaceTempView("v"), spark.sql("drop view v"), spark.createDataFrame([(spark.catalog.tableExists("v"),)], "e boolean"))[2]
(a.createOrReplaceTempView("v"), spark.sql("drop view if exists v"), spark.range(1))[2]
(spark.sql("drop view if exists absent_view"), spark.range(1))[1]
(a.createOrReplaceTempView("v"), spark.createDataFrame([(spark.catalog.dropTempView("v"), spark.catalog.dropTempView("v"))], "x boolean, y boolean"))[1]
(a.createOrReplaceTempView("v"), spark.catalog.cacheTable("v"), spark.createDataFrame([(spark.catalog.isCached("v"),)], "x boolean"), spark.catalog.uncacheTable("v"))[2]
(spark.catalog.clearCache(), spark.range(2))[1]
(a.createOrReplaceTempView("v"), spark.catalog.refreshTable("v"), spark.table("v"))[2]
spark.sql("create or replace temporary view w as (select 1 as x)") and spark.table("w")
spark.sql("create temporary view `odd name` as select 1 as x") and spark.sql("select x from `odd name`")
spark.sql("create or replace temp view w as with c as (select 2 as y) select y from c") and spark.table("w")
spark.sql("create or replace temp view w (p, q) as select 1 as x, 'b' as y") and spark.table("w")
spark.sql("create or replace temp view w as values (1, 'a'), (2, 'b')") and spark.table("w")
(a.createOrReplaceGlobalTempView("g_one"), spark.sql("select k from global_temp.g_one"))[1]
spark.sql("select {x} as v, k from {t}", x=5, t=a)
spark.sql("select l from {t} where k = {k}", t=a, k=1)
spark.sql("select :x as v, :y as w", args={"x": 1, "y": "a"})
spark.sql("select ? as v, ? as w", args=[1, "a"])
(a.createOrReplaceTempView("v"), spark.sql("select l from v where k = :k", args={"k": 1}))[1]
spark.sql("explain select 1").filter("plan = 'x'")
""",
)

# -- DataFrame methods

table(
    "method",
    r"""
n.select("id", "g").unionByName(n.select("id", "s2"), allowMissingColumns=True)
n.select("id").unionByName(n.select("s2", "id"), allowMissingColumns=True)
n.select("id", "r").unionByName(n.select("id", "i2", "ai"), allowMissingColumns=True)
n.select("id", "l").unionByName(n.select("id", F.col("i").alias("l"), "t2"), allowMissingColumns=True)
n.select("id", "S").unionByName(n.select("ID", "s"))
n.select("id", "i2").exceptAll(n.select("id", "i2").filter("id > 5"))
n.select("g").exceptAll(n.select("g").limit(0))
n.select("g").intersectAll(n.select("g"))
n.select("g").intersectAll(n.select("s2"))
n.select("g", "b").intersectAll(n.select("g", "b2"))
n.select("g", "b").exceptAll(n.select("g", "b2"))
n.select("g").exceptAll(n.select("s2"))
n.select("id", "i2", "s2").describe()
n.select("id", "i2", "x").describe("i2", "x")
n.select("id", "s2").describe("s2")
n.select("id", "i2").summary()
n.select("id", "i2", "s2").summary("count", "mean", "min", "max")
n.select("id", "i2", "l2").unpivot(["id"], ["i2", "l2"], "k", "v")
n.select("id", "i2", "l2").melt("id", None, "k", "v")
n.select("id", "s", "s2").unpivot("id", ["s", "s2"], "k", "v")
n.groupBy("g").pivot("b", [True, False]).sum("i2")
n.groupBy("g").pivot("b", [True, False]).agg(F.sum("i2").alias("s"), F.count("id").alias("c"))
n.groupBy("b").pivot("g", ["a", "b"]).agg(F.max("id"))
n.groupBy("b").pivot("g", ["a", "b"]).count()
n.groupBy("b").pivot("g").count()
n.groupBy("b").pivot("g").agg(F.sum("i2"))
n.groupBy().pivot("g", ["a", "c"]).agg(F.avg("x"))
n.filter("g is not null").groupBy("b").pivot("g").agg(F.sum("i2").alias("s"), F.max("id").alias("m"))
n.select("id", "s").na.replace("a", "b")
n.select("id", "s2", "i2").replace({"a": "z"}, subset=["s2"])
n.select("id", "s2", "i2").replace(["a", "b"], ["x", "y"], "s2")
n.select("id", "s2", "g").na.replace({"a": "z", "b": None})
n.select("id", "i2", "l2").replace(1, 100)
n.select("id", "i2", "x").replace([1, 2], [10, 20])
n.select("id", "s2").fillna({"s2": "?"}).dropDuplicates(["s2"]).select("s2")
n.select("id", "r").withColumn("r", F.col("r").withField("z", F.upper("r.q")))
n.select("id", "r").withColumn("r", F.col("r").dropFields("q"))
n.select("id", "r").withColumn("r", F.col("r").withField("p", F.col("r.p") + 1)).select("id", "r.p")
n.select(F.col("id").alias("x"), n.s).where(F.col("x") > 3)
n.select([F.col(c) for c in ["id", "s"]])
n.select(*[F.col(c).alias(c + "_new") for c in ["id", "s", "i2"]])
n.select("*", F.lit(1).alias("one")).select("id", "one")
n.select(n["*"]).select("id")
n.select(F.col("*")).select("id")
n.select(F.expr("id + 1").alias("x"), F.expr("case when b then 1 else 0 end").alias("c"))
n.selectExpr("*", "i2 + 1 as z").select("id", "z")
n.selectExpr("id as a", "cast(i2 as string) b", "upper(s) as u", "coalesce(g, 'x') as g")
n.filter("g = 'a' and (i2 > 1 or b)").select("id")
n.filter(~F.col("b") | F.col("s").isNull()).select("id")
n.where(F.col("s").like("a%") & F.col("i2").between(0, 3)).select("id")
n.filter(F.expr("array_contains(ai, 1)")).select("id")
n.filter(F.size("ai") > 1).select("id")
n.withColumn("rn", F.row_number().over(W.partitionBy("g").orderBy(F.desc("id")))).filter("rn = 1").drop("rn").select("id")
n.withColumn("c", F.count("*").over(W.partitionBy("g"))).select("id", "c")
n.withColumn("a", F.lit(None).cast("string")).withColumn("b2", F.lit(5).cast("bigint")).select("id", "a", "b2")
n.withColumn("t3", F.to_date(F.lit("2024-01-31"))).withColumn("d", F.datediff("t3", "t2")).select("id", "d")
n.withColumn("y", F.date_format("ts2", "yyyy")).withColumn("m", F.date_format("ts2", "MM")).withColumn("dd", F.date_format("ts2", "dd")).select("y", "m", "dd")
n.withColumn("d", F.col("t2") - F.expr("INTERVAL 7 DAYS")).select("id", "d")
n.withColumn("d", F.col("ts2") + F.expr("INTERVAL 2 HOURS")).select("id", "d")
n.filter(F.col("t2") >= F.date_sub(F.lit("2024-01-31").cast("date"), 30)).select("id")
n.withColumn("x", F.when(F.col("g") == "a", F.lit(1)).when(F.col("g").isin("b", "c"), 2).otherwise(F.lit(None))).select("id", "x")
n.groupBy("g").agg(F.collect_list("id").alias("l")).select("g", F.sort_array("l").alias("l"))
n.groupBy("g").agg(F.collect_set("i2").alias("l")).select("g", F.sort_array("l").alias("l"), F.size("l").alias("n"))
n.groupBy("g").agg(F.countDistinct("i2").alias("c"), F.approx_count_distinct("s2").alias("a"))
n.groupBy("g").agg(F.max_by("s2", "id").alias("a"), F.min_by("id", "id").alias("b"))
n.groupBy("g").agg(F.percentile_approx("i2", 0.5).alias("p"))
n.groupBy("g").agg(F.max(F.struct("id", "s2")).alias("m")).select("g", "m.id", "m.s2")
n.groupBy("g").agg(F.expr("count(distinct i2)").alias("c"), F.expr("sum(case when b then 1 else 0 end)").alias("s"))
n.groupBy("g").agg(F.first("i2", ignorenulls=True).isNull().alias("f"))
n.groupBy("g", F.window("ts2", "1 day")).count().select("g", "count")
n.groupBy("g").mean("i2", "x")
n.groupBy("g").min()
n.groupBy(["g", "b"]).agg({"id": "max", "*": "count"})
n.groupby("g").agg(F.sum("i2").alias("s")).orderBy(F.desc("s")).limit(1).select("s")
n.orderBy(F.col("id").desc()).limit(3).select("id")
n.dropDuplicates(["id"]).select("id")
n.drop_duplicates(["g"]).select("g")
n.select("id", "s", "g").drop("s", "g")
n.select("id", "s", "g").drop(*["s", "g"])
n.select("id", "s", "g").drop(n.s)
n.toDF(*[c + "_" for c in n.columns]).select("id_")
n.select("id", "s").transform(lambda d: d.withColumn("z", F.lit(1)))
n.select("id").withColumnRenamed("id", "x").withColumnRenamed("x", "y")
n.select("id", "s").withColumns({"a": F.lit(1), "b": F.upper("s")})
n.select("id", "s").alias("x").join(n.select("id", "g").alias("y"), F.col("x.id") == F.col("y.id"), "left").select("x.*", "y.g")
n.select("id", "s").join(n.select("id", "g"), on="id", how="left")
n.select("id", "s").join(n.select("id", "g"), on=["id"], how="left_outer")
n.select("id", "s").join(n.select("id", "g"), on=["id"], how="full_outer")
n.select("id", "s").join(b.withColumnRenamed("k", "id"), "id", "left").fillna({"r": "none"})
a.join(b, a.k == b.k, "left_outer").select(a["*"], b.r)
a.join(b, a.k == b.k, "inner").drop(a.k)
a.join(b, "k").select("k", a.l, b.r)
a.join(b, ["k"]).groupBy("k").agg(F.count("*").alias("c"))
a.join(a.groupBy("k").agg(F.max("v").alias("v")), ["k", "v"])
a.alias("x").join(b.alias("y"), (F.col("x.k") == F.col("y.k")) & (F.col("y.r") != "A"), "left").select("x.l", "y.r")
n.select("id", "ar").select("id", F.explode("ar").alias("e")).select("id", "e.*")
n.select("id", "ar").select("id", F.inline("ar"))
n.select("id", F.explode_outer("m").alias("k", "v"))
n.select("id", F.posexplode_outer("m"))
n.select("id", F.json_tuple("sj", "a", "b").alias("x", "y"))
n.select("id", F.from_json("sj", "a INT, b ARRAY<INT>").alias("j")).select("id", "j.a", "j.b")
n.select("id", F.from_json("sj", "a STRING").alias("j")).select("id", "j.*")
n.select("id", F.to_json(F.struct("id", "s2")).alias("j"))
n.select("id", F.to_json("r").alias("a"), F.to_json("ai").alias("b"), F.get_json_object("sj", "$.a").alias("c"))
n.select("id", F.transform("ai", lambda v, i: v + i).alias("a"))
n.select("id", F.aggregate("ai", F.lit(0), lambda acc, v: acc + F.coalesce(v, F.lit(0))).alias("a"))
n.select("id", F.map_filter("m", lambda k, v: v > 1).alias("a"))
n.select("id", F.transform_values("m", lambda k, v: v + 1).alias("a"))
n.select("id", F.zip_with("ai", "ai", lambda x, y: x + y).alias("a"))
n.select("id", F.arrays_zip("ai", "as").alias("a"))
n.select("id", F.expr("filter(ai, x -> x > 1)").alias("a"), F.expr("transform(as, x -> upper(x))").alias("b"))
n.select(F.monotonically_increasing_id().alias("m"), "id").select("id", (F.col("m") >= 0).alias("k"))
n.select("id", F.input_file_name().alias("f"))
n.select("id", F.broadcast(n).id) if False else n.select("id")
n.sample(False, 0.5, 42).select("id")
n.sample(0.5, seed=3).select("id")
n.randomSplit([0.5, 0.5], 7)[0].select("id")
n.limit(5).select(F.count("*"))
n.colRegex("`i.*`") is not None and n.select(n.colRegex("`^i2?$`"))
n.select("id", "i2").withMetadata("id", {"k": 1})
n.groupBy("g").agg(F.sum("i2").alias("t")).crossJoin(n.agg(F.sum("i2").alias("all"))).select("g", (F.col("t") / F.col("all")).alias("share"))
n.sortWithinPartitions("id").select("id")
n.repartition(2).sortWithinPartitions("id").select("id")
n.repartitionByRange(2, "id").select("id")
n.select("id").coalesce(2)
n.isEmpty() or n.select("id")
n.select("id", F.col("s").substr(1, 2).alias("x"), F.col("s").getItem(0) if False else F.col("i2").alias("y"))
n.select("id", F.col("i2").cast("string").alias("a"), F.col("x").cast("decimal(12,3)").alias("b"), F.col("id").astype("double").alias("c"))
n.select("id", F.col("s").eqNullSafe("a").alias("a"), F.col("s").startswith("a").alias("b"), F.col("ai").getItem(0).alias("c") if False else F.lit(1).alias("c"))
n.select("id", F.lit([1, 2]).alias("a")) if False else n.select("id", F.array(F.lit(1), F.lit(2)).alias("a"))
n.select("id", F.sha2(F.concat_ws("|", "id", "s", "g"), 256).alias("h"))
n.select("id", F.struct(F.col("id").alias("a"), F.struct("s", "g").alias("b")).alias("z")).select("z.b.g", "z.a")
n.select("id", F.split(F.col("s"), ",").getItem(0).alias("a"), F.split("sd", "-")[1].alias("b") if False else F.lit(1).alias("b"))
n.select(F.max("id"), F.min("id"), F.sum("i2"), F.avg("x"), F.countDistinct("g"))
n.agg({"id": "max", "i2": "sum"})
n.select("id", "s").cache().filter("id > 3").unpersist()
n.select("id", "s").persist(__import__("pyspark").StorageLevel.MEMORY_AND_DISK).filter("id > 3")
n.select("id", F.rand().alias("q")).cache().select("id")
n.select("id", "s").localCheckpoint().filter("id > 3")
spark.createDataFrame(n.select("id", "s2").orderBy("id").collect()[:3], "id int, s2 string")
spark.createDataFrame(n.select("id", "s2").orderBy("id").take(2), "id int, s2 string")
spark.createDataFrame([(n.select("id").orderBy("id").head()[0], n.count(), str(n.select("id", "s").dtypes), str(n.columns))], "a int, b int, c string, d string")
spark.createDataFrame([(str(n.select("id", "s").schema.jsonValue() if False else n.select("id", "s").schema.simpleString()),)], "s string")
spark.createDataFrame([(str(n.stat.corr("x", "i2") is not None), str(n.filter("x is not null").approxQuantile("id", [0.5], 0.0)))], "a string, b string")
n.crosstab("g", "b")
n.freqItems(["g"])
spark.range(10).select(F.sum("id").alias("s"), F.max("id").alias("m"))
spark.createDataFrame([(str(n.select("id").exceptAll(n.select("id")).count()), str(n.select("g").distinct().count()))], "a string, b string")
""",
)

# -- errors a user meets; what the router answers by itself must be Spark's to the letter

table(
    "mistake",
    r"""
a.select("absent")
a.select("kk")
a.select(F.col("absent") + 1)
a.select(a.k, F.upper("absent"))
a.filter("absent > 1")
a.filter(F.col("l2") == "a")
a.withColumn("z", F.col("absent") * 2)
a.groupBy("absent").count()
a.groupBy("k").agg(F.sum("absent"))
a.orderBy("absent")
a.select("k", "l").filter("v > 1")
a.alias("x").select("x.absent")
a.alias("x").join(b.alias("y"), F.col("x.k") == F.col("y.z"))
a.join(b, "absent")
a.join(b, a.k == b.k).select("absent")
a.join(b, a.k == b.k).select("k")
a.select("l").distinct().select("k")
a.drop("k").select("k")
a.withColumnRenamed("k", "id").select("k")
spark.table("absent_table")
spark.sql("select * from absent_table")
spark.sql("select absent from absent_table")
(a.createOrReplaceTempView("v"), spark.sql("select absent from v"))[1]
(a.createOrReplaceTempView("v"), spark.sql("select k from v where absent = 1"))[1]
(a.createOrReplaceTempView("v"), spark.sql("select t.absent from v t"))[1]
(a.createOrReplaceTempView("v"), spark.sql("select k, count(*) from v group by absent"))[1]
(a.createOrReplaceTempView("v"), spark.sql("select v.k from v join absent_table x on v.k = x.k"))[1]
spark.table("some_db.absent_table")
spark.sql("selec 1")
spark.sql("select nofunc(1)")
a.select(F.expr("nofunc(k)"))
a.select(F.col("absent.field"))
a.selectExpr("absent as x")
n.select("r.absent")
n.groupBy("g").agg(F.sum("absent"))
n.select("idd")
n.select("Sn1")
n.filter(n.absent > 1)
""",
)
