import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Measurement } from './measure.ts';
import type { SubjectName } from './rows.ts';

/** What was measured apart from the rows of requests. */
export interface Figures {
  users: number;
  readyMs: number;
  peakRssMb: number;
  rssAtReadyMb: number;
}

export interface DeliveryFigures {
  deliveries: number;
  perSecond: number;
  cpuMsEach: number;
}

export interface Report {
  startedAt: string;
  endedAt: string;
  node: string;
  quick: boolean;
  rows: Measurement[];
  figures: Figures[];
  deliveries: DeliveryFigures | null;
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function machine({ startedAt, node }: Report): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(', ');
  return `Started ${startedAt} · Node ${node} · Linux ${release()} · ${cpus().length} × ${first?.model ?? 'CPU'} · ${memory} GB · load at the end ${load}`;
}

function cells(ours: Measurement, other: (subject: SubjectName) => Measurement | undefined): string[] {
  const express = other('express');
  const scimmy = other('scimmy');
  const ratio = (peer: Measurement | undefined, text: (ratio: number) => string) =>
    peer === undefined || peer.cpuMs === 0 ? '–' : text(ours.cpuMs / peer.cpuMs);
  const single = scimmy !== undefined && scimmy.requests < 10 ? ' (few)' : '';
  return [
    ours.title,
    number(ours.perSecond),
    number(ours.p50Ms),
    number(ours.p99Ms),
    number(ours.cpuMs),
    express === undefined ? '–' : number(express.cpuMs),
    scimmy === undefined ? '–' : `${number(scimmy.cpuMs)}${single}`,
    ratio(express, (value) => `${value.toFixed(1)} ×`),
    ratio(scimmy, (value) => `1 / ${(1 / value).toFixed(1)}`),
    ours.failure === null ? '' : 'failed',
  ];
}

const HEAD = [
  'row',
  'req/s',
  'p50 ms',
  'p99 ms',
  'CPU ms',
  'Express CPU ms',
  'SCIMMY CPU ms',
  '÷ Express',
  '÷ SCIMMY',
  '',
];

function line(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}

function tableOf(users: number, report: Report): string[] {
  const rows = report.rows.filter((each) => each.users === users);
  const figures = report.figures.find((each) => each.users === users);
  const memory =
    figures === undefined
      ? []
      : [
          '',
          `Start to ready ${Math.round(figures.readyMs)} ms · memory ${Math.round(figures.rssAtReadyMb)} MB at rest, ${Math.round(figures.peakRssMb)} MB at most.`,
        ];
  return [
    '',
    `## ${users.toLocaleString('en')} users`,
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows
      .filter((each) => each.subject === 'causeway')
      .map((ours) =>
        line(
          cells(ours, (subject) => rows.find((each) => each.row === ours.row && each.subject === subject)),
        ),
      ),
    ...memory,
  ];
}

export function printMarkdown(report: Report): string {
  const sizes = [...new Set(report.rows.map(({ users }) => users))];
  const { deliveries } = report;
  const delivered =
    deliveries === null
      ? []
      : [
          '',
          '## Deliveries',
          '',
          `${deliveries.deliveries.toLocaleString('en')} accounts made at a fake in its own process: ${number(deliveries.perSecond)} a second at ${number(deliveries.cpuMsEach)} ms CPU each, which is ${number(1000 / deliveries.cpuMsEach)} a second a core.`,
        ];
  const failures = report.rows.flatMap((row) =>
    row.failure === null ? [] : [`- ${row.subject}, ${row.title}, ${row.users} users: ${row.failure}`],
  );
  return [
    `${machine(report)}${report.quick ? ' · quick' : ''}`,
    ...sizes.flatMap((users) => tableOf(users, report)),
    ...delivered,
    ...(failures.length === 0 ? [] : ['', '## Failed', '', ...failures]),
    '',
  ].join('\n');
}
