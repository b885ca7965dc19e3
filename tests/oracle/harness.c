/* Debian's cron on a virtual clock: its own cron.c (the main loop), entry.c, env.c and misc.c, compiled as they are.
 * A virtual minute costs microseconds, because time() and sleep() are defined here and nothing is forked. Replaced
 * besides: load_database() (one table, from standard input), job_add() and job_runqueue() (the same queue without
 * its linear search), do_command() (a run is noted), the daemon's lock and syslog().
 *
 *   harness check                       a line of a table per line of input; what cron makes of it per line of output:
 *       JOB flags minutes hours days months weekdays command
 *       ENV name=value
 *       ERR complaint
 *       END                             a comment or a blank line
 *   harness run FROM AFTER UNTIL CAP    a schedule per line of input; the daemon runs from FROM until UNTIL (seconds
 *                                       since the epoch); per line of output the first CAP minutes since the epoch
 *                                       in which it starts the job, those after AFTER; or ERR
 *
 * Parts of an output line are separated by tabs. Input and output have \xHH for bytes that are not plain ASCII. */
#define _GNU_SOURCE
#include "cron.h"
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

int cron_main(int, char **);

struct record {
    long long *minutes;
    int count; /* -1: cron refused the schedule */
    int queued;
};

static long long now, after, until;
static int cap, unfinished, loaded;
static jmp_buf over;
static user table;
static struct record *records;
static entry **queue;
static int queue_length;
static const char *complaint;

time_t time(time_t *result)
{
    if (result)
        *result = (time_t)now;
    return (time_t)now;
}

unsigned sleep(unsigned seconds)
{
    if (seconds == 10) /* the pause between two jobs of a jump: the end of a job cuts it short, and ours end at once */
        return 0;
    now += seconds;
    if (now >= until || unfinished <= 0)
        longjmp(over, 1);
    return 0;
}

int cron_access(const char *path, int mode) { return 0; } /* /run/crond.reboot is there: no @reboot */
void syslog(int priority, const char *format, ...) {}
void acquire_daemonlock(int close_it) {}
void set_cron_uid(void) {}
void set_cron_cwd(void) {}
void check_orphans(cron_db *database) {}

void load_database(cron_db *database)
{
    if (!loaded)
        database->head = database->tail = &table;
    loaded = 1;
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
        struct record *record = &records[atoi(queue[place]->cmd)];
        long long minute = now / 60;
        record->queued = 0;
        if (now < after + 60 || record->count == cap)
            continue;
        if (record->count && record->minutes[record->count - 1] == minute)
            continue;
        record->minutes[record->count++] = minute;
        if (record->count == cap)
            unfinished--;
    }
    queue_length = 0;
    return ran;
}

static void complain(char *message) { complaint = message; }

/* One line without its newline; \xHH decoded in place. Returns its length, or -1 at the end of the input. */
static ssize_t next_line(char **line, size_t *size)
{
    ssize_t length = getline(line, size, stdin);
    if (length < 0)
        return -1;
    char *to = *line;
    for (char *from = *line; from < *line + length; from++) {
        if (*from == '\n')
            break;
        if (from[0] == '\\' && from[1] == 'x') {
            char digits[3] = {from[2], from[3], 0};
            *to++ = (char)strtol(digits, 0, 16);
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    return to - *line;
}

static void put_text(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 32 || byte > 126 || byte == '\\')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
}

static void put_values(bitstr_t *bits, int size, int lowest)
{
    const char *between = "\t";
    int any = 0;
    for (int bit = 0; bit < size; bit++) {
        if (!bit_test(bits, bit))
            continue;
        printf("%s%d", between, bit + lowest);
        between = ",";
        any = 1;
    }
    if (!any)
        printf("\t-");
}

static void put_job(entry *job)
{
    printf("JOB\t%s%s%s%s%s.", job->flags & MIN_STAR ? "m" : "", job->flags & HR_STAR ? "h" : "",
           job->flags & DOM_STAR ? "D" : "", job->flags & DOW_STAR ? "W" : "",
           job->flags & WHEN_REBOOT ? "R" : "");
    put_values(job->minute, 60, 0);
    put_values(job->hour, 24, 0);
    put_values(job->dom, 31, 1);
    put_values(job->month, 12, 1);
    put_values(job->dow, 7, 0);
    putchar('\t');
    put_text(job->cmd);
}

static void check(struct passwd *owner, char **environment)
{
    char *line = 0, setting[MAX_ENVSTR];
    size_t size = 0;
    ssize_t length;
    while ((length = next_line(&line, &size)) >= 0) {
        line[length++] = '\n'; /* getline() made room: the newline was there */
        FILE *file = fmemopen(line, length, "r");
        LineNumber = 1;
        complaint = 0;
        memset(setting, 0, sizeof setting); /* load_env() looks behind a quote that ends the line */
        int status = load_env(setting, file);
        entry *job = status == FALSE ? load_entry(file, complain, owner, environment) : 0;
        if (status == TRUE) {
            printf("ENV\t");
            put_text(setting);
        } else if (job) {
            put_job(job);
            free_entry(job);
        } else if (complaint) {
            printf("ERR\t%s", complaint);
        } else {
            printf("END");
        }
        putchar('\n');
        fclose(file);
    }
}

static void run(struct passwd *owner, char **environment)
{
    char *line = 0, *text = 0, setting[MAX_ENVSTR], *arguments[] = {"cron", "-f", 0};
    size_t size = 0;
    int count = 0, room = 0;
    entry **tail = &table.crontab;
    table.name = "fed";
    while (next_line(&line, &size) >= 0) {
        if (count == room) {
            room = room ? 2 * room : 256;
            records = realloc(records, room * sizeof *records);
        }
        struct record *record = memset(&records[count], 0, sizeof *record);
        int length = asprintf(&text, "%s %d\n", line, count);
        FILE *file = fmemopen(text, length, "r");
        entry *job = load_env(setting, file) == FALSE ? load_entry(file, complain, owner, environment) : 0;
        fclose(file);
        free(text);
        if (job) {
            *tail = job;
            tail = &job->next;
            record->minutes = malloc(cap * sizeof *record->minutes);
            unfinished++;
        } else {
            record->count = -1;
        }
        count++;
    }
    queue = calloc(count + 1, sizeof *queue);
    if (!setjmp(over))
        cron_main(2, arguments);
    for (int place = 0; place < count; place++) {
        if (records[place].count < 0)
            printf("ERR");
        for (int index = 0; index < records[place].count; index++)
            printf("%s%lld", index ? "\t" : "", records[place].minutes[index]);
        putchar('\n');
    }
}

int main(int count, char **arguments)
{
    struct passwd *owner = getpwuid(0);
    char **environment = env_init();
    if (count == 2 && !strcmp(arguments[1], "check")) {
        check(owner, environment);
    } else if (count == 6 && !strcmp(arguments[1], "run")) {
        now = atoll(arguments[2]);
        after = atoll(arguments[3]);
        until = atoll(arguments[4]);
        cap = atoi(arguments[5]);
        run(owner, environment);
    } else {
        return 2;
    }
    return 0;
}
