import type { Json, JsonObject } from '../../../src/core/json.ts';
import { ScimError } from '../../../src/scim/errors.ts';
import { applyPatch, groupPatch, parsePatch } from '../../../src/scim/patch.ts';
import { groupSchema, userSchema } from './schema-fixture.ts';

export const RESOURCE_ID = '0198b2b0-0000-7000-8000-000000000001';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export function patchBody(...operations: Json[]): JsonObject {
  return { schemas: [PATCH_OP], Operations: operations };
}

/** The User's document after the operations; `ada` is its userName. */
export function patchUser(document: JsonObject, ...operations: Json[]): JsonObject {
  const parsed = parsePatch(userSchema, patchBody(...operations), RESOURCE_ID);
  return applyPatch(userSchema, { userName: 'ada', ...document }, parsed);
}

export async function patchGroup(...operations: Json[]): ReturnType<typeof groupPatch> {
  return groupPatch(groupSchema, parsePatch(groupSchema, patchBody(...operations), RESOURCE_ID));
}

/** The same of what `run` only promises. */
export async function refusalOf(run: () => Promise<unknown>): Promise<ReturnType<typeof refusal>> {
  const error: unknown = await run().then(
    () => new Error('It was accepted.'),
    (reason: unknown) => reason,
  );
  return refusal(() => {
    throw error;
  });
}

/** The SCIM error that `run` ends in; it is a failure if it ends in none. */
export function refusal(run: () => unknown): {
  status: number;
  scimType: string | undefined;
  detail: string;
} {
  try {
    run();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}
