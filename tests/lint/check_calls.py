#!/usr/bin/env python3
"""Functions that are banned, everywhere or outside their owner.

Comments and strings are taken out first, so a sentence may name what it warns of.
"""
import pathlib
import re
import sys

# Name, what to use instead, and where it is all the same allowed.
BANNED = [
    ("strcpy|stpcpy|strcat|strncpy|strncat", "struct str and struct buf", None),
    ("sprintf|vsprintf", "arena_printf or buf_addf", None),
    ("gets|fgets|scanf|fscanf|sscanf|strtok|strtok_r", "struct str", None),
    ("atoi|atol|atoll|atof|strtol|strtoll|strtoul|strtoull|strtod",
     "str_to_i64 or str_to_u64", r"src/(text/json\w*|text/number|wdl/\w+|front/mcp_call)\.c"),
    ("system|popen|execlp|execvp|execvpe", "wire/helper.h", None),
    ("alloca|longjmp|setjmp", "the arena", r"src/base/arena\.[ch]"),
    ("assert|abort", "an error, or arena_alloc's way out", r"src/(base/arena|text/crypt|text/json|tenant/\w+)\.c"),
    ("printf|vprintf|puts|putchar|fputs|fputc|putc|fprintf|vfprintf|perror|dprintf",
     "cli_out on stdout, log_* on stderr", None),
    ("tmpnam|tempnam|mktemp|tmpfile", "mkostemp or mkdtemp", None),
    ("gmtime|localtime|ctime|asctime|strerror_r|readdir_r|getlogin", "the _r form", None),
    ("rand|srand|random|srandom|drand48", "crypt_random", None),
    # store.c waits some milliseconds for another process that makes the same key, once in the
    # life of a profile, and snapshot.c for one that removes old files; `flowlatch log` has nothing else to do than to wait for its lock.
    ("sleep|usleep|nanosleep", "a timer of the loop",
     r"src/(work/store|work/snapshot|front/cmd_log|tenant/\w+)\.c"),
    # http.c is the loop's poller once curl is there; helper.c waits for a child that it ended.
    # desk.c waits for a person at a terminal, and for nothing else.
    # A poll that does not wait (0) is fine everywhere.
    ("select|poll(?!\\([^;]*, 0\\))|ppoll|epoll_wait", "the loop",
     r"src/(wire/(loop|http|helper)|front/desk|tenant/\w+)\.c"),
    ("fork|vfork|posix_spawn|posix_spawnp|execv|execve|execl",
     "wire/helper.h", r"src/wire/(helper|opener)\.c"),
    ("dlopen|dlsym", "one table of functions in the library's owner",
     r"src/(wire/http_lib|wdl/\w+|work/package)\.c"),
]
OWN_MEMORY = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|free|strdup|strndup)\s*\(")
TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text):
    """The code alone, with lines kept."""
    def gone(m):
        return re.sub(r"[^\n]", " ", m.group())
    return TOKENS.sub(gone, text)


bad = []
files = 0
for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
    name = str(path)
    if "/gen/" in name:
        continue  # run at build time, by the builder
    files += 1
    code = bare(path.read_text())
    for names, instead, allowed in BANNED:
        if allowed and re.fullmatch(allowed, name):
            continue
        for m in re.finditer(rf"(?<![\w.>])({names})\s*\(", code):
            line = code.count("\n", 0, m.start()) + 1
            bad.append(f"{name}:{line}: {m.group(1)} is banned: use {instead}")
    if name.startswith("src/tools/"):
        for m in OWN_MEMORY.finditer(code):
            line = code.count("\n", 0, m.start()) + 1
            bad.append(f"{name}:{line}: tools never call {m.group(1)}: the arena has the memory")
    if re.search(r"\bSTDOUT_FILENO\b", code) and not re.fullmatch(
            r"src/(front/(term|cmd_serve|cli)|wire/helper|tenant/\w+|keyring/\w+)\.c", name):
        bad.append(f"{name}: standard output belongs to front/term.c and the MCP server")

print("\n".join(bad) if bad else f"{files} files")
sys.exit(bool(bad))
