import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import sources from './sources.json' with { type: 'json' };

const headers = z.record(z.string(), z.string().nullable());

/** What is to come back. `response` names what has to be in it, by the rules of `match.ts`. */
const expectation = z.strictObject({
  status: z.int(),
  response: z.record(z.string(), z.json()).optional(),
  responseHeaders: z.record(z.string(), z.string()).optional(),
});

const step = expectation.extend({
  /** Keys of `sources.json`. */
  source: z
    .union([z.string(), z.array(z.string()).min(2)])
    .refine(
      (keys) => [keys].flat().every((key) => Object.hasOwn(sources, key)),
      'names a source that sources.json does not have',
    ),
  /** Why the identity provider sends this; the end of a sentence that begins with its name. */
  does: z.string().min(1),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/'),
  /** Beside the transcript's; null takes one of those away. */
  headers: headers.optional(),
  request: z.record(z.string(), z.json()).optional(),
  /** How long the identity provider waits. */
  withinMs: z.int().positive().optional(),
  /** What comes back instead on these connections, because their vendor cannot take what is sent. */
  at: z.record(z.string(), expectation).optional(),
});

const transcript = z.strictObject({
  name: z.string().min(1),
  /** Where it is replayed; without it, on all that its identity provider is replayed on. */
  connections: z.array(z.string()).optional(),
  /** Sent with every step, beside a bearer token. */
  headers,
  steps: z.array(step).min(1),
});

export type Expectation = z.infer<typeof expectation>;
export type Step = z.infer<typeof step>;
export type Transcript = z.infer<typeof transcript> & {
  /** The folder's name. */
  idp: string;
};

/** Every transcript of the folders beside this file. A mistake in one is an error that names the file. */
export function readTranscripts(): Transcript[] {
  const folder = import.meta.dirname;
  const files = globSync('*/*.json', { cwd: folder }).sort();
  return files.map((file) => {
    const parsed = transcript.safeParse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    if (!parsed.success) throw new Error(`${file} is no transcript:\n${z.prettifyError(parsed.error)}`);
    return { ...parsed.data, idp: basename(dirname(file)) };
  });
}
