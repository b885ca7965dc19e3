/* BusyBox's crond on a virtual clock: its own crond.c and parse_config.c, included as they are, between headers of ours
 * (libbb.h). Replaced: the folder of tables (one, root's, from standard input), fork and wait (a run is noted, and
 * ends at once), time() and sleep(). harness.h tells the rest. */
#include "harness.h"
#include "libbb.h"

static char *text; /* the table */
static size_t text_length, text_room;
static FILE *open_text(const char *name) { return fmemopen(text, text_length, "r"); }
static struct dirent *only_entry(void)
{
    static struct dirent entry = {.d_name = "root"};
    static int given;
    given = !given;
    return given ? &entry : 0;
}
static int table_status(struct stat *status)
{
    memset(status, 0, sizeof *status);
    return 0;
}
static struct passwd root = {.pw_name = "root", .pw_dir = "/"};
static const char *starting; /* the command of the job that start_one_job() is about to fork for */
static pid_t note_start(void)
{
    started(atoi(starting));
    return 1;
}

#undef fopen_or_warn_stdin
#define fopen_or_warn_stdin open_text
#include "libbb/parse_config.c"
#undef config_read
#define config_read(parser, tokens, max, min, str, flags) \
    (config_read)(parser, tokens, ((flags) | (((min)&0xFF) << 8) | ((max)&0xFF)), str)
#define opendir(name) ((DIR *)1)
#define readdir(folder) only_entry()
#define closedir(folder) ((void)0)
#define unlink(name) ((void)0)
#define fstat(descriptor, status) table_status(status)
#define stat(name, status) table_status(status)
#define open(...) (-1) /* the note of the boot is there: no @reboot */
#define getpwnam(name) (&root)
#define vfork() (starting = line->cl_cmd, note_start())
#define waitpid(pid, status, options) (pid)
#define sleep(seconds) pass(seconds)
#include "miscutils/crond.c"
#undef stat
#undef open

static void add_text(const char *line, size_t length)
{
    if (text_length + length + 1 > text_room)
        text = realloc(text, text_room = 2 * (text_length + length + 1));
    memcpy(text + text_length, line, length);
    text_length += length;
}

static int has(const void *field, int value) { return ((const char *)field)[value] != 0; }
static int has_month(const void *field, int value) { return ((const char *)field)[value - 1] != 0; }

static CronLine *read_table(void)
{
    INIT_G();
    G.cron_files = 0;
    load_crontab("root");
    return G.cron_files->cf_lines;
}

static int is_setting(const char *line)
{
    line += strspn(line, " \t");
    return is_prefixed_with(line, "MAILTO=") || is_prefixed_with(line, "SHELL=") || is_prefixed_with(line, "PATH=");
}

static void check_line(char *line, size_t length)
{
    text_length = 0;
    add_text(line, length);
    CronLine *job = read_table();
    const char *first = line + strspn(line, " \t");
    if (job) {
        printf("JOB\t%s.", job->cl_pid == START_ME_REBOOT ? "R" : "");
        put_values(has, job->cl_Mins, 0, 59);
        put_values(has, job->cl_Hrs, 0, 23);
        put_values(has, job->cl_Days, 1, 31);
        put_values(has_month, job->cl_Mons, 1, 12);
        put_values(has, job->cl_Dow, 0, 6);
        putchar('\t');
        put_text(job->cl_cmd);
    } else if (is_setting(line)) { /* the daemon keeps it for the lines that follow: ask one of them */
        add_text("0 0 1 1 1 x\n", 12);
        job = read_table();
        char *setting = 0;
        const char *shell = job->cl_shell, *path = job->cl_path;
        if (asprintf(&setting, "%s%s", shell ? "SHELL=" : path ? "PATH=" : "MAILTO=", shell ? shell : path ? path : "") > 0)
            put_setting(setting);
    } else {
        printf(*first == '\n' || *first == '#' ? "END" : "ERR\tbad line");
    }
}

static int add_job(const char *line, int number)
{
    char *whole = 0;
    int length = asprintf(&whole, "%s %d\n", line, number);
    text_length = 0;
    add_text(whole, length);
    int good = read_table() != 0;
    static char *kept;
    static size_t size;
    kept = realloc(kept, size + length);
    memcpy(kept + size, whole, length);
    size += length;
    free(whole);
    text_length = 0;
    add_text(kept, size);
    return good;
}

static void run_daemon(int count)
{
    char *arguments[] = {"crond", "-f", 0};
    crond_main(2, arguments);
}
