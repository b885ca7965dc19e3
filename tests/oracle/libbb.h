/* As much of BusyBox's libbb.h as miscutils/crond.c and libbb/parse_config.c ask for, with the options of Debian's
 * busybox that concern them. What touches the world is the harness's: files, users, processes. */
#pragma once
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <syslog.h>
#include <unistd.h>

typedef signed char smallint;
#undef isdigit
#define isdigit(a) ((unsigned char)((a) - '0') <= 9)
#define ALIGN1
#define ALIGN8
#define FAST_FUNC
#define FIX_ALIASING
#define MAIN_EXTERNALLY_VISIBLE
#define UNUSED_PARAM
#define ARRAY_SIZE(x) ((unsigned)(sizeof(x) / sizeof((x)[0])))
#define BB_VER "1"
#define CONFIG_FEATURE_CROND_DIR "/"
#define CONFIG_PID_FILE_PATH "/"
#define ENABLE_FEATURE_CROND_CALL_SENDMAIL 0
#define ENABLE_FEATURE_CROND_SPECIAL_TIMES 1
#define ENABLE_FEATURE_CROND_D 1
#define IF_FEATURE_CROND_D(...) __VA_ARGS__
#define IF_FEATURE_CROND_SPECIAL_TIMES(...) __VA_ARGS__
#define LOGMODE_SYSLOG 2
#define LOGMODE_STDIO 1
#define DAEMON_CLOSE_EXTRA_FDS 0

enum {
    PARSE_COLLAPSE = 0x00010000,
    PARSE_TRIM = 0x00020000,
    PARSE_GREEDY = 0x00040000,
    PARSE_MIN_DIE = 0x00100000,
    PARSE_KEEP_COPY = 0x00200000,
    PARSE_EOL_COMMENTS = 0x00400000,
    PARSE_ALT_COMMENTS = 0x00800000,
    PARSE_WS_COMMENTS = 0x01000000,
    PARSE_NORMAL = PARSE_COLLAPSE | PARSE_TRIM | PARSE_GREEDY | PARSE_EOL_COMMENTS
};
typedef struct parser_t {
    FILE *fp;
    char *data;
    char *line, *nline;
    size_t line_alloc, nline_alloc;
    int lineno;
} parser_t;
int config_read(parser_t *parser, char **tokens, unsigned flags, const char *delims);
#define config_read(parser, tokens, max, min, str, flags) \
    config_read(parser, tokens, ((flags) | (((min)&0xFF) << 8) | ((max)&0xFF)), str)
parser_t *config_open(const char *filename);
void config_close(parser_t *parser);

static char buffer[4096], *bb_common_bufsiz1 = buffer;
static int logmode;
static const char *applet_name = "crond";
#define setup_common_bufsiz() ((void)0)

static void *xzalloc(size_t size) { return calloc(1, size); }
static void *xrealloc(void *old, size_t size) { return realloc(old, size); }
static char *xstrdup(const char *text) { return text ? strdup(text) : 0; }
static char *skip_whitespace(const char *text)
{
    while (*text == ' ' || (unsigned char)(*text - 9) <= 4)
        text++;
    return (char *)text;
}
static char *skip_non_whitespace(const char *text)
{
    while (*text && *text != ' ' && (unsigned char)(*text - 9) > 4)
        text++;
    return (char *)text;
}
static char *is_prefixed_with(const char *text, const char *key)
{
    size_t length = strlen(key);
    return strncmp(text, key, length) ? 0 : (char *)text + length;
}
static int nothing(void) { return 0; }
static void bb_error_msg(const char *format, ...) {}
static void bb_info_msg(const char *format, ...) {}
#define bb_vinfo_msg(format, arguments) ((void)0)
#define bb_simple_perror_msg(text) ((void)0)
#define bb_error_msg_and_die(...) exit(3)
#define bb_putchar_stderr(character) ((void)0)
#define xfunc_die() exit(3)
#define xchdir(name) ((void)0)
#define chdir_or_warn(name) 0
#define change_identity(user) ((void)0)
#define bb_setpgrp() ((void)0)
#define bb_unsetenv_and_free(text) ((void)0)
#define xasprintf(...) 0
#define putenv(text) ((void)0)
#define bb_daemonize_or_rexec(flags, arguments) ((void)0)
#define getopt32(...) 4 /* -f */
#define open_or_warn(...) -1
#define xmove_fd(from, to) ((void)0)
#define openlog(...) ((void)0)
#define get_shell_name() "/bin/sh"
#define write_pidfile_std_path_and_ext(name) ((void)0)
#define fopen_for_read(name) 0

