/* bcron's scheduler on a virtual clock: its own bcron-sched.c (the main loop), timespec-parse.c, timespec-next.c,
 * crontab.c, crontabs.c and job.c, with bglibs as packaged. Replaced: the folder of tables (one, from standard input),
 * starting a job (a run is noted), the wait and the time of day. harness.h tells the rest. */
#include "harness.h"
#include <bglibs/sysdeps.h>
#include <bglibs/iobuf.h>
#include <bglibs/misc.h>
#include <bglibs/msg.h>
#include <bglibs/sig.h>
#include <bglibs/unix.h>
#include <bglibs/str.h>
#include <bglibs/trigger.h>
#include <pwd.h>
#include "bcron.h"

static struct crontab table;
static int loaded;

static void load_once(void)
{
    const char *name = "root";
    if (!loaded)
        crontabs_add(&crontabs, &name, &table);
    loaded = 1;
}

static int time_of_day(struct timeval *result)
{
    result->tv_sec = now;
    result->tv_usec = 0;
    return 0;
}

/* A wait for so many milliseconds; the 100 more that bcron waits lest it wake too early are left off. */
static int wait_for(long milliseconds)
{
    pass(milliseconds / 1000 > 0 ? milliseconds / 1000 : 1);
    return 0;
}

#define main bcron_main
#define crontabs_load load_once
#define job_exec(job) started(atoi((job)->command))
#define gettimeofday(result, zone) time_of_day(result)
#define iopoll(descriptors, count, milliseconds) wait_for(milliseconds)
#define trigger_set(descriptors, path) ((void)0)
#define trigger_pulled(descriptors) 0
#define nonblock_on(descriptor) ((void)0)
#define sig_catch(signal, handler) ((void)0)
#define chdir_bcron() 0
#define msg1(text) ((void)0)
#include "bcron-sched.c"
#undef main
#undef crontabs_load

int sendpacket(int descriptor, const str *packet) { return 0; }

static int has(const void *bits, int value) { return *(const bitmap *)bits >> value & 1; }
static int has_month(const void *bits, int value) { return *(const bitmap *)bits >> (value - 1) & 1; }

/* The job that a table of this line has, or none; with `probe` of one that the line may concern. */
static struct job *read_table(const char *line, const char *probe)
{
    static struct crontab read;
    str text = {0, 0, 0};
    str_copy2s(&text, line, probe);
    read.jobs = 0;
    crontab_parse(&read, &text, "root");
    return read.jobs;
}

static void check_line(char *line, size_t length)
{
    struct job *job = read_table(line, "");
    const char *first = line + strspn(line, " \t\n\v\f\r");
    if (job) {
        printf("JOB\t.");
        put_values(has, &job->times.minutes, 0, 59);
        put_values(has, &job->times.hours, 0, 23);
        put_values(has, &job->times.mdays, 1, 31);
        put_values(has_month, &job->times.months, 1, 12);
        put_values(has, &job->times.wdays, 0, 6);
        putchar('\t');
        put_text(job->command);
        return;
    }
    job = read_table(line, "0 0 1 1 1 x\n");
    if (job && job->environ.len) {
        str_truncate(&job->environ, job->environ.len - 1); /* each setting ends with a NUL */
        put_setting(job->environ.s);
    } else {
        printf(!*first || *first == '#' ? "END" : "ERR\tunparseable line");
    }
}

static int add_job(const char *line, int number)
{
    char *whole = 0;
    if (asprintf(&whole, "%s %d\n", line, number) < 0)
        exit(3);
    struct job *job = read_table(whole, "");
    free(whole);
    if (!job)
        return 0;
    job->next = table.jobs;
    table.jobs = job;
    return 1;
}

static void run_daemon(int count) { bcron_main(); }
