/* What the harnesses share: a virtual clock, lines in and out, and the starts of each job.
 *
 *   harness check                       a line of a table per line of input; what the daemon makes of it per line of
 *                                       output:
 *       JOB flags minutes hours days months weekdays command
 *       ENV name=value
 *       ERR complaint
 *       END                             a comment or a blank line
 *   harness run FROM AFTER UNTIL CAP [ZONE]
 *                                       a schedule per line of input; the daemon runs from FROM until UNTIL (seconds
 *                                       since the epoch); per line of output the first CAP minutes since the epoch
 *                                       in which it starts the job, those after AFTER; or ERR. ZONE is the table's
 *                                       own time zone, in daemons that have such a thing.
 *
 * Parts of an output line are separated by tabs. Input and output have \xHH for bytes that are not plain ASCII.
 * A harness defines check_line(), add_job() and run_daemon(), and calls started() for each job that is started. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct record {
    long long *minutes;
    int count; /* -1: the daemon refused the schedule */
    int queued;
};

static long long now, after, until;
static int cap, unfinished;
static jmp_buf over;
static struct record *records;
static const char *complaint, *table_zone;

static void check_line(char *line, size_t length); /* the line ends with a newline, and has a NUL behind it */
static int add_job(const char *line, int number);  /* false where the daemon refuses it */
static void run_daemon(int count);

time_t time(time_t *result)
{
    if (result)
        *result = (time_t)now;
    return (time_t)now;
}

static void pass(long long seconds)
{
    now += seconds;
    if (now >= until || unfinished <= 0)
        longjmp(over, 1);
}

static void started(int number)
{
    struct record *record = &records[number];
    long long minute = now / 60;
    if (now < after + 60 || record->count == cap)
        return;
    if (record->count && record->minutes[record->count - 1] == minute)
        return;
    record->minutes[record->count++] = minute;
    if (record->count == cap)
        unfinished--;
}

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

/* The values of a field after a tab, "-" where there are none. */
static void put_values(int (*has)(const void *field, int value), const void *field, int low, int high)
{
    const char *between = "\t";
    int any = 0;
    for (int value = low; value <= high; value++) {
        if (!has(field, value))
            continue;
        printf("%s%d", between, value);
        between = ",";
        any = 1;
    }
    if (!any)
        printf("\t-");
}

static void put_setting(const char *setting)
{
    printf("ENV\t");
    put_text(setting);
}

static void check(void)
{
    char *line = 0;
    size_t size = 0;
    ssize_t length;
    while ((length = next_line(&line, &size)) >= 0) {
        line[length] = '\n'; /* getline() made room: the newline was there */
        line[length + 1] = 0;
        complaint = 0;
        check_line(line, length + 1);
        putchar('\n');
    }
}

static void run(void)
{
    char *line = 0;
    size_t size = 0;
    int count = 0, room = 0;
    while (next_line(&line, &size) >= 0) {
        if (count == room) {
            room = room ? 2 * room : 256;
            records = realloc(records, room * sizeof *records);
        }
        struct record *record = memset(&records[count], 0, sizeof *record);
        if (add_job(line, count)) {
            record->minutes = malloc(cap * sizeof *record->minutes);
            unfinished++;
        } else {
            record->count = -1;
        }
        count++;
    }
    if (!setjmp(over))
        run_daemon(count);
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
    if (count == 2 && !strcmp(arguments[1], "check")) {
        check();
    } else if (count >= 6 && !strcmp(arguments[1], "run")) {
        now = atoll(arguments[2]);
        after = atoll(arguments[3]);
        until = atoll(arguments[4]);
        cap = atoi(arguments[5]);
        table_zone = arguments[6];
        run();
    } else {
        return 2;
    }
    return 0;
}
