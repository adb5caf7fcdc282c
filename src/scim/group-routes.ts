import type { Request, Response } from 'express';
import type { Group } from '../core/user.ts';
import { sendNothing, sendPieces } from './answer.ts';
import { MAX_GROUP_BODY_BYTES, readBody } from './body.ts';
import type { Scope } from './context.ts';
import { isUnchanged, requestPrecondition, versionTag } from './etag.ts';
import { createGroup, findGroup, patchGroup, removeGroup, replaceGroup } from './groups.ts';
import { findGroups, sendListing } from './list.ts';
import { compileProjection, readProjection } from './project.ts';
import { parametersOf, readQuery } from './query.ts';
import { groupLocation, groupPieces } from './render.ts';
import { idOf } from './user-routes.ts';

/** The cost of a PATCH's answer must not grow with the group: larger ones are answered 204. */
const MEMBERS_ANSWERED = 100;

async function sendGroup(
  scope: Scope,
  request: Request,
  response: Response,
  answer: { status: 200 | 201; group: Group },
): Promise<void> {
  const { status, group } = answer;
  const projection = compileProjection(scope.schemas.group, readProjection(parametersOf(request)));
  response.setHeader('ETag', versionTag(group.version));
  if (status === 201) response.setHeader('Location', groupLocation(scope, group.id));
  await sendPieces(request, response, status, groupPieces(scope, group, projection));
}

export async function getGroups(scope: Scope, request: Request, response: Response): Promise<void> {
  const parameters = parametersOf(request);
  const query = readQuery(scope.schemas.group, parameters);
  const projection = compileProjection(scope.schemas.group, readProjection(parameters));
  await sendListing(request, response, await findGroups(scope, query, projection));
}

export async function postGroup(scope: Scope, request: Request, response: Response): Promise<void> {
  const group = await createGroup(scope, await readBody(request, response, MAX_GROUP_BODY_BYTES));
  await sendGroup(scope, request, response, { status: 201, group });
}

export async function getGroup(scope: Scope, request: Request, response: Response): Promise<void> {
  const group = await findGroup(scope, idOf(request));
  if (isUnchanged(request, group.version)) {
    response.setHeader('ETag', versionTag(group.version));
    return sendNothing(response, 304);
  }
  await sendGroup(scope, request, response, { status: 200, group });
}

export async function putGroup(scope: Scope, request: Request, response: Response): Promise<void> {
  const body = await readBody(request, response, MAX_GROUP_BODY_BYTES);
  const group = await replaceGroup(scope, idOf(request), body, requestPrecondition(request));
  await sendGroup(scope, request, response, { status: 200, group });
}

/** Asked for `attributes`, a PATCH always answers with a body (RFC 7644 §3.5.2). */
export async function patchGroupById(scope: Scope, request: Request, response: Response): Promise<void> {
  const body = await readBody(request, response, MAX_GROUP_BODY_BYTES);
  const group = await patchGroup(scope, idOf(request), body, requestPrecondition(request));
  const { attributes } = readProjection(parametersOf(request));
  if (group.memberCount > MEMBERS_ANSWERED && attributes.length === 0) {
    response.setHeader('ETag', versionTag(group.version));
    return sendNothing(response, 204);
  }
  await sendGroup(scope, request, response, { status: 200, group });
}

export async function deleteGroup(scope: Scope, request: Request, response: Response): Promise<void> {
  await removeGroup(scope, idOf(request), requestPrecondition(request));
  sendNothing(response, 204);
}
