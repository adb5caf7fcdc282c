import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';
import type { Question, Usage } from './messages.ts';

/** Loaded with `--import` into a measured server: tells what the process has used, and profiles it on demand. */

let session: Session | undefined;

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: peakRssBytes(),
  };
}

/** Linux's own mark: `maxRSS` begins with what the parent had when it forked. */
function peakRssBytes(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

async function stopProfile(file: string): Promise<void> {
  const stopped = await session?.post('Profiler.stop');
  session?.disconnect();
  writeFileSync(file, JSON.stringify(stopped?.profile));
}

async function answer(question: Question): Promise<void> {
  if (question.ask === 'start-profile') await startProfile();
  if (question.ask === 'stop-profile') await stopProfile(question.file);
  process.send?.(usage());
}

if (isMainThread && process.send !== undefined) {
  process.on('message', (question: Question) => void answer(question));
  process.on('disconnect', () => process.exit());
  process.channel?.unref();
}
