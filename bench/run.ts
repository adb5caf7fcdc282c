import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCycle, measureDeliveries } from './deliveries.ts';
import { fillStore } from './fill.ts';
import { Driver, type Measurement, measure, rest } from './measure.ts';
import { CONNECTION } from './people.ts';
import { type Figures, printMarkdown, type Report } from './report.ts';
import { ROWS, type Row, type SubjectName } from './rows.ts';
import { startCauseway, startServer } from './servers.ts';
import type { Subject } from './subject.ts';

/** The largest directory that plain SCIMMY is measured with: it keeps everything in memory. */
const SCIMMY_UP_TO = 100_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    rows: { type: 'string' },
    subjects: { type: 'string', default: 'causeway,express,scimmy' },
    ms: { type: 'string' },
    out: { type: 'string', default: 'data/bench' },
  },
});

const sizes = (values.sizes ?? (values.quick ? '1000,100000' : '1000,100000,1000000')).split(',').map(Number);
const rowMs = Number(values.ms ?? (values.quick ? 400 : 3000));
const wanted = values.rows?.split(',');
const isWanted = (name: string) => wanted === undefined || wanted.includes(name);
const subjects = values.subjects.split(',') as SubjectName[];
const profiles = values.profile ? join(values.out, 'profiles') : null;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function rowsFor(subject: SubjectName, users: number): Row[] {
  return ROWS.filter(
    ({ name, subjects: taking, leastUsers = 0, scimmyUpTo = Number.POSITIVE_INFINITY }) =>
      isWanted(name) &&
      taking.includes(subject) &&
      leastUsers <= users &&
      !(subject === 'scimmy' && leastUsers > scimmyUpTo),
  );
}

async function measureRows(
  driver: Driver,
  subject: Subject,
  about: { name: SubjectName; base: string; token: string; users: number },
): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  await rest(subject);
  for (const row of rowsFor(about.name, about.users)) {
    const profile =
      profiles === null || about.name !== 'causeway'
        ? null
        : join(profiles, `${row.name}-${about.users}.cpuprofile`);
    const result = await measure(driver, subject, row, { ...about, ms: rowMs, profile });
    say(
      `${about.users} ${about.name} ${row.title}: ${result.cpuMs.toFixed(3)} ms CPU ${result.failure ?? ''}`,
    );
    measured.push(result);
  }
  return measured;
}

async function measureCauseway(driver: Driver, users: number, dir: string, report: Report): Promise<void> {
  const token = await fillStore({ dir, users, fakeUrl: null, due: false });
  say(`${users} users are in the store`);
  const subject = await startCauseway(dir);
  try {
    const { rssBytes } = await subject.usage();
    const base = `${subject.origin}/scim/${CONNECTION}/v2`;
    report.rows.push(...(await measureRows(driver, subject, { name: 'causeway', base, token, users })));
    const { peakRssBytes } = await subject.usage();
    const figures: Figures = {
      users,
      readyMs: subject.readyMs,
      rssAtReadyMb: rssBytes / 1_048_576,
      peakRssMb: peakRssBytes / 1_048_576,
    };
    report.figures.push(figures);
    say(JSON.stringify(figures));
  } finally {
    await subject.stop();
  }
}

async function measureMemoryServer(
  driver: Driver,
  name: 'express' | 'scimmy',
  users: number,
  dir: string,
): Promise<Measurement[]> {
  const subject = await startServer(name, users, dir);
  try {
    const base = `${subject.origin}/scim`;
    return await measureRows(driver, subject, { name, base, token: 'bench', users });
  } finally {
    await subject.stop();
  }
}

async function measureSize(driver: Driver, users: number, report: Report): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  try {
    if (subjects.includes('causeway')) await measureCauseway(driver, users, dir, report);
    if (subjects.includes('express'))
      report.rows.push(...(await measureMemoryServer(driver, 'express', users, dir)));
    if (subjects.includes('scimmy') && users <= SCIMMY_UP_TO)
      report.rows.push(...(await measureMemoryServer(driver, 'scimmy', users, dir)));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const report: Report = {
  startedAt: new Date().toISOString(),
  endedAt: '',
  node: process.version,
  quick: values.quick,
  rows: [],
  figures: [],
  deliveries: null,
};
mkdirSync(profiles ?? values.out, { recursive: true });
const driver = new Driver();
try {
  for (const users of sizes) await measureSize(driver, users, report);
  const people = values.quick ? 2000 : 10_000;
  const options = { accounts: people, people, profiles };
  if (subjects.includes('causeway') && isWanted('deliveries'))
    report.deliveries = await measureDeliveries(options);
  if (subjects.includes('causeway') && isWanted('cycle'))
    report.rows.push(await measureCycle(driver, options));
} finally {
  driver.stop();
}
report.endedAt = new Date().toISOString();
const markdown = printMarkdown(report);
writeFileSync(join(values.out, 'report.md'), markdown);
writeFileSync(join(values.out, 'report.json'), JSON.stringify(report, null, 2));
process.stdout.write(markdown);
