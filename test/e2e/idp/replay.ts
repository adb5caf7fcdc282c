import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import type { SandboxConnection } from '../sandbox-server.ts';
import { findMismatches, substitute, type Variables } from './match.ts';
import type { Expectation, Step, Transcript } from './transcript.ts';

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** undefined where there is no body. */
  body: Json | undefined;
  durationMs: number;
}

const agent = new Agent({ keepAlive: true });

/** Sends the bytes and headers of the step, and none that only a browser or a library would add. */
async function send(url: string, step: Step, headers: Transcript['headers']): Promise<Answer> {
  const startedAt = performance.now();
  const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null);
  const options = { method: step.method, headers: Object.fromEntries(sent), agent };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = httpRequest(url, options, async (incoming) => {
    const { statusCode: status = 0, headers } = incoming;
    const content = await text(incoming);
    const body = content === '' ? undefined : (JSON.parse(content) as Json);
    resolve({ status, headers, body, durationMs: performance.now() - startedAt });
  });
  outgoing.on('error', reject);
  outgoing.end(step.request === undefined ? undefined : JSON.stringify(step.request));
  return promise;
}

/** Entra ID takes no null in a schema; nobody needs one elsewhere (MS-USE). */
function hasNull(body: Json | undefined): boolean {
  return body === null || (typeof body === 'object' && Object.values(body).some(hasNull));
}

/** What every answer owes every identity provider, whatever the step says. */
function commonExpectation({ status, body }: Answer): Expectation {
  const schemas = isJsonObject(body) && Array.isArray(body['schemas']) ? body['schemas'] : [];
  if (status >= 400) {
    const response = { schemas: [ERROR], status: String(status), detail: '<text>' };
    return { status, response, ...(status === 401 && { responseHeaders: { 'www-authenticate': '<text>' } }) };
  }
  if (schemas.includes(LIST)) {
    return {
      status,
      response: { totalResults: '<integer>', itemsPerPage: '<integer>', Resources: '<list>' },
    };
  }
  if (status !== 201) return { status };
  const { id, meta } = body as { id: Json; meta: JsonObject };
  const location = `{{base}}/${String(meta['resourceType'])}s/${String(id)}`;
  return { status, response: { id: '<text>', meta: { location } }, responseHeaders: { location } };
}

function check(answer: Answer, expectation: Expectation, variables: Variables): string[] {
  const { status, response = {}, responseHeaders = {} } = expectation;
  if (answer.status !== status) return [`status: wanted ${status}, got ${answer.status}`];
  if (status === 204 || answer.body === undefined) {
    return status === 204 && answer.body === undefined ? [] : ['body: wanted one unless the status is 204'];
  }
  return [
    ...findMismatches(response, answer.body, variables),
    ...findMismatches(responseHeaders, answer.headers, variables, 'headers'),
  ];
}

function checkStep(
  step: Step,
  answer: Answer,
  connection: SandboxConnection,
  variables: Variables,
): string[] {
  const { withinMs = 10_000 } = step;
  const type = String(answer.headers['content-type'] ?? '');
  return [
    ...check(answer, step.at?.[connection.id] ?? step, variables),
    ...check(answer, commonExpectation(answer), variables),
    ...(answer.status === 204 || /^application\/(scim\+)?json$/.test(type) ? [] : [`content type: ${type}`]),
    ...(hasNull(answer.body) ? ['body: has a null'] : []),
    ...(answer.durationMs > withinMs
      ? [`time: took ${Math.round(answer.durationMs)} of ${withinMs} ms`]
      : []),
  ];
}

/** Sends the steps in order; throws at the first whose answer is not what the identity provider needs, and says why. */
export async function replay({ headers, steps }: Transcript, connection: SandboxConnection): Promise<void> {
  const { id, scimUrl: base, token, vendor } = connection;
  const basic = Buffer.from(`${id}:${token}`).toString('base64');
  const variables: Variables = new Map(Object.entries({ base, token, basic, vendor }));
  for (const [index, recorded] of steps.entries()) {
    const { path, request, headers: own } = recorded;
    const step = {
      ...recorded,
      path: substitute(path, variables),
      request: request && substitute(request, variables),
    };
    const all = substitute({ Authorization: 'Bearer {{token}}', ...headers, ...own }, variables);
    const answer = await send(`${base}${step.path}`, step, all);
    const mismatches = checkStep(step, answer, connection, variables);
    if (mismatches.length === 0) continue;
    throw new Error(
      [
        `Step ${index + 1} on ${id}: ${step.does} (${[step.source].flat().join(', ')})`,
        `${step.method} ${step.path} ${JSON.stringify(step.request ?? '')}`,
        ...mismatches.map((line) => `  ${line}`),
        `answered ${answer.status} ${JSON.stringify(answer.body ?? '')}`,
      ].join('\n'),
    );
  }
}
