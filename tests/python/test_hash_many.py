"""hash_many: digests beside hashlib's, and every kind of buffer, of what is none and of what is in pieces.

What it is as a guest in a process is the matter of test_hashing_process.
"""

import array
import ctypes
import hashlib
import mmap
import os
import pathlib
import random
import threading

import pytest
from test_hashing_process import peak_mib

from checksig import hash_files, hash_many

EMPTY = hashlib.sha1().hexdigest()


def hexdigest(data):
    return hashlib.sha1(data).hexdigest()


def test_nothing_and_empty_buffers():
    assert hash_many([]) == hash_many(()) == hash_many(iter([])) == []
    assert hash_many([b"", bytearray(), memoryview(b""), array.array("I")]) == [EMPTY] * 4


def test_ten_thousand_messages_of_random_lengths_and_more_than_one_call_takes():
    rng = random.Random(1)
    # Around every edge of a block, and one long among short. More of them than one call of the library is given.
    buffers = [rng.randbytes(rng.choice([0, 1, 55, 56, 63, 64, 65, rng.randrange(2_000)])) for _ in range(10_500)]
    buffers[77] = rng.randbytes(2**20)
    assert hash_many(buffers) == [hexdigest(buffer) for buffer in buffers]
    assert hash_many(buffer for buffer in buffers[:100]) == [hexdigest(buffer) for buffer in buffers[:100]]


def test_every_kind_of_buffer_writable_or_not(tmp_path):
    data = os.urandom(5_000)
    file = tmp_path / "file"
    file.write_bytes(data)
    with open(file, "r+b") as opened:
        writable = mmap.mmap(opened.fileno(), 0)
        read_only = mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ)
    words = array.array("I", range(100))
    many = memoryview(bytes(range(24))).cast("B", (2, 3, 4))
    for buffer in [
        data,
        bytearray(data),
        memoryview(data),
        memoryview(data)[1:77],
        memoryview(bytearray(data)).toreadonly(),
        writable,
        read_only,
        words,
        many,
        ctypes.create_string_buffer(data),
    ]:
        assert hash_many([buffer, b"x", buffer]) == [hexdigest(buffer), hexdigest(b"x"), hexdigest(buffer)], buffer
    # What was lent is given back.
    writable.close()
    read_only.close()


def test_arrays_of_numpy():
    numpy = pytest.importorskip("numpy")
    table = numpy.arange(12, dtype="<u4").reshape(3, 4)
    assert hash_many([table, *table]) == [hexdigest(table.tobytes())] + [hexdigest(row.tobytes()) for row in table]
    with pytest.raises(BufferError, match=r"^buffers\[0\]: "):
        hash_many([table.T])
    with pytest.raises(TypeError, match="put it into a list"):
        hash_many(table)


@pytest.mark.parametrize("item", ["abc", 1, None, object(), [b"a"], pathlib.Path("a")])
def test_what_has_no_buffer_is_a_type_error_that_says_which(item):
    name = type(item).__name__
    with pytest.raises(TypeError, match=rf"^buffers\[2\] must be bytes or another object with a buffer, not {name}$"):
        hash_many([b"", b"", item, b""])


def test_one_value_where_many_are_meant_is_refused_and_not_taken_apart():
    closed = mmap.mmap(-1, 10)
    closed.close()
    for single in ["abc", "", b"abc", bytearray(b"abc"), memoryview(b"abc"), mmap.mmap(-1, 10), closed]:
        with pytest.raises(TypeError, match=r"^buffers must be an iterable of buffers, not one .*put it into a list$"):
            hash_many(single)
    for single in ["abc", b"abc", pathlib.Path("abc")]:
        with pytest.raises(TypeError, match=r"^paths must be an iterable of paths, not one .*put it into a list$"):
            hash_files(single)
    for function, argument in [(hash_many, "buffers"), (hash_files, "paths")]:
        with pytest.raises(TypeError, match=f"^{argument} must be an iterable of {argument}, not int$"):
            function(1)


def test_memory_that_is_not_in_one_piece_is_refused_and_says_which():
    with pytest.raises(BufferError, match=r"^buffers\[1\]: .*contiguous"):
        hash_many([b"abcd", memoryview(b"abcd")[::2]])
    released = memoryview(b"abcd")
    released.release()
    closed = mmap.mmap(-1, 10)
    closed.close()
    for gone in [released, closed]:
        with pytest.raises(BufferError, match=r"^buffers\[0\]: "):
            hash_many([gone])


def test_what_an_iterator_raises_is_passed_on_and_nothing_stays_lent():
    first = bytearray(b"abc")

    def broken():
        yield first
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more") as caught:
        hash_many(broken())
    # The exception is still there, and its frames with it: a buffer that was lent could not grow.
    first.extend(b"def")
    with pytest.raises(TypeError) as caught:
        hash_many([first, None])
    first.extend(b"ghi")
    assert caught and hash_many([first]) == [hexdigest(b"abcdefghi")]


def test_buffers_are_not_copied():
    # Never written to, and so of no size in memory: a copy would take it all.
    with mmap.mmap(-1, 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as huge:
        before = peak_mib()
        (digest,) = hash_many([huge])
        assert peak_mib() - before < 128
    zeros = hashlib.sha1()
    for _ in range(64):
        zeros.update(bytes(2**24))
    assert digest == zeros.hexdigest()


def test_many_threads_at_once():
    buffers = [os.urandom(1_000) for _ in range(500)]
    expected = [hexdigest(buffer) for buffer in buffers]
    found = []
    threads = [threading.Thread(target=lambda: found.append(hash_many(buffers))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 16
