"""RDDs: textFile over a prefix, reduceByKey, broadcast, accumulator, toDF, saveAsTextFile."""

from script_case import Case, Run, World

CASE = Case(arguments={"--source": "s3://rdd-word-count/in/*.txt", "--target": "s3://rdd-word-count/out"})


def given(world: World) -> None:
    world.put("s3://rdd-word-count/in/a.txt", "The cat and the dog\n\nA dog, a DOG!\n")
    world.put("s3://rdd-word-count/in/b.txt", "cat's mouse\n")
    world.put("s3://rdd-word-count/in/c.md", "not read\n")


def expect(world: World, run: Run) -> None:
    assert world.read_rows("s3://rdd-word-count/out/counts/", "parquet") == [
        {"word": "cat", "count": 2}, {"word": "dog", "count": 3}, {"word": "mouse", "count": 1},
        {"word": "s", "count": 1},
    ]  # fmt: skip
    assert world.get("s3://rdd-word-count/out/frequent/part-00000") == b"cat\t2\ndog\t3\n"
    assert "lines 4 empty 1 words 4" in run.output
