/* Debian's cron, or with -DCRONIE cronie, on a virtual clock: its own cron.c (the main loop), entry.c, env.c and
 * misc.c, compiled as they are. A virtual minute costs microseconds, because time() and sleep() are defined here and
 * nothing is forked. Replaced besides: load_database() (one table, from standard input), job_add() and
 * job_runqueue() (the same queue without its linear search), do_command() (a run is noted), the daemon's lock and
 * syslog(). In cronie random() counts up, so that every value of a `low~high` is seen; harness.h tells the rest. */
#include "harness.h"
#ifdef CRONIE
#include "config.h"
#include "funcs.h"
#include "globals.h"
#include <pwd.h>
#define CHOICES 256 /* more than any field has values */
#else
#include "cron.h"
#define CHOICES 1
#endif
#include <syslog.h>

int cron_main(int, char **);

static int loaded, queue_length;
static user table;
static entry **queue, **tail = &table.crontab;
static long choice;

unsigned sleep(unsigned seconds)
{
    if (seconds != 10) /* the pause between two jobs of a jump: the end of a job cuts it short, and ours end at once */
        pass(seconds);
    return 0;
}

int cron_access(const char *path, int mode) { return 0; } /* the note of the boot is there: no @reboot */
void syslog(int priority, const char *format, ...) {}
void acquire_daemonlock(int close_it) {}
void set_cron_uid(void) {}
void set_cron_cwd(void) {}
void check_spool_dir(void) {}
void check_orphans(cron_db *database) {}
void do_command(entry *job, user *owner) {}
long random(void) { return choice; }

#ifdef CRONIE
int
#else
void
#endif
load_database(cron_db *database)
{
    if (!loaded)
        database->head = database->tail = &table;
    loaded = 1;
#ifdef CRONIE
    return 0;
#endif
}

void job_add(entry *job, user *owner)
{
    struct record *record = &records[atoi(job->cmd)];
    if (record->queued)
        return;
    record->queued = 1;
    queue[queue_length++] = job;
}

int job_runqueue(void)
{
    int ran = queue_length;
    for (int place = 0; place < queue_length; place++) {
        int number = atoi(queue[place]->cmd);
        records[number].queued = 0;
        started(number);
    }
    queue_length = 0;
    return ran;
}

#ifdef CRONIE
static void complain(const char *message) { complaint = message; }
#else
static void complain(char *message) { complaint = message; }
#endif

static char **environment(void)
{
    char **settings = env_init(), setting[200];
    if (table_zone) {
        snprintf(setting, sizeof setting, "CRON_TZ=%s", table_zone);
        settings = env_set(settings, setting);
    }
    return settings;
}

static int has(const void *bits, int value) { return bit_test((bitstr_t *)bits, value) != 0; }

static void put_job(entry *job)
{
    printf("JOB\t%s%s%s%s%s.", job->flags & MIN_STAR ? "m" : "", job->flags & HR_STAR ? "h" : "",
           job->flags & DOM_STAR ? "D" : "", job->flags & DOW_STAR ? "W" : "",
           job->flags & WHEN_REBOOT ? "R" : "");
    put_values(has, job->minute, 0, 59);
    put_values(has, job->hour, 0, 23);
    /* days and months are numbered from 0 in their bit strings */
    bitstr_t days[5] = {0}, months[2] = {0};
    for (int day = 1; day <= 31; day++)
        if (bit_test(job->dom, day - 1))
            bit_set(days, day);
    for (int month = 1; month <= 12; month++)
        if (bit_test(job->month, month - 1))
            bit_set(months, month);
    put_values(has, days, 1, 31);
    put_values(has, months, 1, 12);
    put_values(has, job->dow, 0, 6);
    putchar('\t');
    put_text(job->cmd);
}

static entry *read_entry(FILE *file)
{
    return load_entry(file, complain, getpwuid(0), environment());
}

/* cronie skips blanks and comments outside of load_env() (user.c). */
static void before_line(FILE *file)
{
#ifdef CRONIE
    skip_comments(file);
#endif
}

static void check_line(char *line, size_t length)
{
    static char setting[MAX_ENVSTR];
    entry *all = 0;
    for (choice = 0; choice < CHOICES; choice++) {
        FILE *file = fmemopen(line, length, "r");
        LineNumber = 1;
        memset(setting, 0, sizeof setting); /* load_env() looks behind a quote that ends the line */
        before_line(file);
        int status = load_env(setting, file);
        entry *job = status == FALSE ? read_entry(file) : 0;
        fclose(file);
        if (status == TRUE) {
            put_setting(setting);
            return;
        }
        if (!job) {
            printf(complaint ? "ERR\t%s" : "END", complaint);
            return;
        }
        if (!all) {
            all = job;
            if (!strchr(line, '~'))
                break;
            continue;
        }
        for (int place = 0; place < 60; place++) {
            if (bit_test(job->minute, place))
                bit_set(all->minute, place);
            if (place < HOUR_COUNT && bit_test(job->hour, place))
                bit_set(all->hour, place);
            if (place < DOM_COUNT && bit_test(job->dom, place))
                bit_set(all->dom, place);
            if (place < MONTH_COUNT && bit_test(job->month, place))
                bit_set(all->month, place);
            if (place < DOW_COUNT && bit_test(job->dow, place))
                bit_set(all->dow, place);
        }
        free_entry(job);
    }
    put_job(all);
    free_entry(all);
}

static int add_job(const char *line, int number)
{
    static char setting[MAX_ENVSTR];
    char *text = 0;
    int length = asprintf(&text, "%s %d\n", line, number);
    FILE *file = fmemopen(text, length, "r");
    before_line(file);
    entry *job = load_env(setting, file) == FALSE ? read_entry(file) : 0;
    fclose(file);
    free(text);
    if (!job)
        return 0;
    *tail = job;
    tail = &job->next;
    return 1;
}

static void run_daemon(int count)
{
    char *arguments[] = {"cron", "-f", 0};
    table.name = "fed";
    queue = calloc(count + 1, sizeof *queue);
    cron_main(2, arguments);
}
