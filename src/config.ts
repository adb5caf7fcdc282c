import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { OperatorError } from './core/errors.ts';
import { Secret } from './core/secret.ts';

/** The settings of one process, from its environment; docs/configuration in the README lists the variables. */
export interface Config {
  /** A secret key makes it real; without one it is the sandbox. */
  mode: 'sandbox' | 'real';
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Without a slash at its end; null in a sandbox that was given none: the address it listens on. */
  publicUrl: string | null;
  /** Absolute. */
  dataDir: string;
  /** 32 bytes in base64; null in the sandbox, which keeps its own in the data folder. */
  secretKey: Secret | null;
  /** Of the PostgreSQL database that holds the store; null: it is a file in the data folder. */
  databaseUrl: Secret | null;
  tls: TlsFiles | null;
  /** Addresses, CIDR ranges or `loopback`, whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  logLevel: (typeof LOG_LEVELS)[number];
}

/** PEM texts. */
interface TlsFiles {
  cert: string;
  key: Secret;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const variables = {
  CAUSEWAY_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be a host name or an IP address, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1'),
  CAUSEWAY_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a whole number from 0 to 65535')
    .default(8080),
  CAUSEWAY_PUBLIC_URL: z.string().transform(publicUrl).optional(),
  CAUSEWAY_DATA_DIR: z
    .string()
    .default('./data')
    .transform((folder) => resolve(folder)),
  CAUSEWAY_SECRET_KEY: z.string().transform(secretKey).optional(),
  CAUSEWAY_DATABASE_URL: z.string().transform(databaseUrl).optional(),
  CAUSEWAY_TLS_CERT: z.string().transform(fileText).optional(),
  CAUSEWAY_TLS_KEY: z.string().transform(fileText).optional(),
  CAUSEWAY_TRUSTED_PROXIES: z.string().transform(proxies).default([]),
  CAUSEWAY_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
};

type Values = z.infer<z.ZodObject<typeof variables>>;
type Name = keyof typeof variables;

/** Reads `process.env` or its like; throws one OperatorError that names every mistake and shows no secret. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(env).filter(
    ([name]) => name.startsWith('CAUSEWAY_') && !name.startsWith('CAUSEWAY_TEST_'),
  );
  const empty = given
    .filter(([, value]) => value?.trim() === '')
    .map(([name]) => `${name} is empty: give it a value or unset it.`);
  const parsed = z
    .object(variables)
    .safeParse(Object.fromEntries(given.filter(([, value]) => value?.trim() !== '')));
  const wrong = parsed.error?.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`) ?? [];
  const mistakes = [
    ...unknownNames(given.map(([name]) => name)),
    ...empty,
    ...wrong,
    ...togetherMistakes(env, parsed.data),
  ];
  if (!parsed.success || mistakes.length > 0) throw new OperatorError(report(mistakes));
  return Object.freeze(toConfig(parsed.data));
}

function toConfig(values: Values): Config {
  const { CAUSEWAY_TLS_CERT: cert, CAUSEWAY_TLS_KEY: key, CAUSEWAY_SECRET_KEY: secret } = values;
  return {
    mode: secret === undefined ? 'sandbox' : 'real',
    host: values.CAUSEWAY_HOST,
    port: values.CAUSEWAY_PORT,
    publicUrl: values.CAUSEWAY_PUBLIC_URL ?? null,
    dataDir: values.CAUSEWAY_DATA_DIR,
    secretKey: secret ?? null,
    databaseUrl: values.CAUSEWAY_DATABASE_URL ?? null,
    tls: cert !== undefined && key !== undefined ? { cert, key: new Secret(key) } : null,
    trustedProxies: values.CAUSEWAY_TRUSTED_PROXIES,
    logLevel: values.CAUSEWAY_LOG_LEVEL,
  };
}

/** What only several variables together get wrong. `values` is absent where one alone is wrong already. */
function togetherMistakes(
  env: Readonly<Record<string, string | undefined>>,
  values: Values | undefined,
): string[] {
  const mistakes: string[] = [];
  const has = (name: Name) => env[name] !== undefined;
  if (has('CAUSEWAY_SECRET_KEY') && !has('CAUSEWAY_PUBLIC_URL')) {
    mistakes.push(
      'CAUSEWAY_PUBLIC_URL is missing: with CAUSEWAY_SECRET_KEY set, give the https URL at which identity providers reach Causeway.',
    );
  }
  if (has('CAUSEWAY_DATABASE_URL') && !has('CAUSEWAY_SECRET_KEY')) {
    mistakes.push(
      'CAUSEWAY_SECRET_KEY is missing: CAUSEWAY_DATABASE_URL is for a real start, a sandbox keeps its store in the data folder.',
    );
  }
  if (has('CAUSEWAY_TLS_CERT') !== has('CAUSEWAY_TLS_KEY')) {
    const missing = has('CAUSEWAY_TLS_CERT') ? 'CAUSEWAY_TLS_KEY' : 'CAUSEWAY_TLS_CERT';
    mistakes.push(`${missing} is missing: CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY belong together.`);
  }
  const { CAUSEWAY_TLS_CERT: cert, CAUSEWAY_TLS_KEY: key } = values ?? {};
  if (cert !== undefined && key !== undefined && !isKeyPair(cert, key)) {
    mistakes.push(
      'CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY must name a PEM certificate (with its chain) and its own private key, without a passphrase.',
    );
  }
  return mistakes;
}

function isKeyPair(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}

function publicUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url === undefined || !secure) {
    context.addIssue(
      'must be an https URL such as https://scim.example.com (http only to this machine itself)',
    );
    return z.NEVER;
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    context.addIssue('must be a plain URL, without user name, password, query or fragment');
    return z.NEVER;
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

function secretKey(text: string, context: z.RefinementCtx): Secret {
  const plain = text.trim();
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(plain) ? Buffer.from(plain, 'base64').length : undefined;
  if (bytes !== 32) {
    const what = bytes === undefined ? 'this is not base64' : `this is ${bytes} bytes`;
    context.addIssue(
      `must be 32 random bytes in base64, and ${what}: make one with \`openssl rand -base64 32\``,
    );
    return z.NEVER;
  }
  return new Secret(plain);
}

function databaseUrl(text: string, context: z.RefinementCtx): Secret {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const named = url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
  if (!named) {
    context.addIssue(
      'must be the URL of a PostgreSQL database, such as postgresql://causeway:password@db.example.com:5432/causeway?sslmode=verify-full',
    );
    return z.NEVER;
  }
  return new Secret(text);
}

function fileText(path: string, context: z.RefinementCtx): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    context.addIssue(`names the file ${JSON.stringify(path)}, which cannot be read${code}`);
    return z.NEVER;
  }
}

function proxies(text: string, context: z.RefinementCtx): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  for (const entry of entries.filter((entry) => !isProxy(entry))) {
    context.addIssue(
      `must be a comma-separated list of IP addresses, CIDR ranges or \`loopback\`, and ${JSON.stringify(entry)} is none`,
    );
  }
  return entries;
}

function isProxy(entry: string): boolean {
  if (entry === 'loopback') return true;
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function unknownNames(names: readonly string[]): string[] {
  const known = Object.keys(variables);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = known.toSorted((a, b) => distance(name, a) - distance(name, b))[0] ?? '';
      return `${name} is not a setting of Causeway: did you mean ${nearest}? Correct or unset it.`;
    });
}

/** Levenshtein's distance: letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function report(mistakes: readonly string[]): string {
  const [first = ''] = mistakes;
  if (mistakes.length === 1) return `Causeway cannot start: ${first}`;
  return [
    `Causeway cannot start: ${mistakes.length} settings are wrong.`,
    ...mistakes.map((text) => `  - ${text}`),
  ].join('\n');
}
