import type { Request, Response } from 'express';
import { groupsOf } from '../store/members.ts';
import type { StoredUser } from '../store/rows.ts';
import { sendNothing, sendText } from './answer.ts';
import { MAX_BODY_BYTES, readBody } from './body.ts';
import type { Scope } from './context.ts';
import { isUnchanged, requestPrecondition, versionTag } from './etag.ts';
import { findUsers, sendListing } from './list.ts';
import { compileProjection, readProjection } from './project.ts';
import { parametersOf, readQuery } from './query.ts';
import { userLocation, userPrinter } from './render.ts';
import { createUser, findUser, patchUser, removeUser, replaceUser } from './users.ts';

/** The `:id` of the route. */
export function idOf(request: Request): string {
  return String(request.params['id']);
}

async function sendUser(
  scope: Scope,
  request: Request,
  response: Response,
  answer: { status: 200 | 201; user: StoredUser },
): Promise<void> {
  const { status, user } = answer;
  const projection = compileProjection(scope.schemas.user, readProjection(parametersOf(request)));
  const groups = projection.wants('groups') ? await groupsOf(scope.db, scope.connection.id, [user.id]) : null;
  response.setHeader('ETag', versionTag(user.version));
  if (status === 201) response.setHeader('Location', userLocation(scope, user.id));
  sendText(request, response, status, userPrinter(scope, projection)(user, groups?.get(user.id) ?? []));
}

export async function getUsers(scope: Scope, request: Request, response: Response): Promise<void> {
  const parameters = parametersOf(request);
  const query = readQuery(scope.schemas.user, parameters);
  const projection = compileProjection(scope.schemas.user, readProjection(parameters));
  await sendListing(request, response, await findUsers(scope, query, projection));
}

export async function postUser(scope: Scope, request: Request, response: Response): Promise<void> {
  const user = await createUser(scope, await readBody(request, response, MAX_BODY_BYTES));
  await sendUser(scope, request, response, { status: 201, user });
}

export async function getUser(scope: Scope, request: Request, response: Response): Promise<void> {
  const user = await findUser(scope, idOf(request));
  if (isUnchanged(request, user.version)) {
    response.setHeader('ETag', versionTag(user.version));
    return sendNothing(response, 304);
  }
  await sendUser(scope, request, response, { status: 200, user });
}

export async function putUser(scope: Scope, request: Request, response: Response): Promise<void> {
  const body = await readBody(request, response, MAX_BODY_BYTES);
  const user = await replaceUser(scope, idOf(request), body, requestPrecondition(request));
  await sendUser(scope, request, response, { status: 200, user });
}

export async function patchUserById(scope: Scope, request: Request, response: Response): Promise<void> {
  const body = await readBody(request, response, MAX_BODY_BYTES);
  const user = await patchUser(scope, idOf(request), body, requestPrecondition(request));
  await sendUser(scope, request, response, { status: 200, user });
}

export async function deleteUser(scope: Scope, request: Request, response: Response): Promise<void> {
  await removeUser(scope, idOf(request), requestPrecondition(request));
  sendNothing(response, 204);
}
