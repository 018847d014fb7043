// Written by `banyan idl types user.thrift`. Do not edit: change the IDL and write it again.

import type { CallOptions, HandlerContext } from 'banyan/rpc';

/** A number where that is exact, else a bigint; either may be sent. */
export type I64 = number | bigint;

export const Role = {
  user: 1,
  owner: 2,
  admin: 3,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

export interface User {
  id: I64;
  email: string;
  name: string;
  role: Role;
}

export interface LoggedIn {
  user: User;
  setCookie: string;
}

export interface LoggedOut {
  setCookie: string;
}

export interface Whoami {
  id: I64;
  role: Role;
  userId: string;
  userRole: string;
}

export interface SignUp {
  email?: string;
  name?: string;
  password?: string;
  session?: string;
}

export interface LogIn {
  email?: string;
  password?: string;
  session?: string;
}

export interface ChangeMe {
  name?: string;
  password?: string;
  currentPassword?: string;
  session?: string;
}

export interface Browser {
  session?: string;
}

export interface ErrorDetail {
  code: string;
  message: string;
}

export interface BadRequest {
  error: ErrorDetail;
  cacheControl?: string;
}

export interface NotLoggedIn {
  error: ErrorDetail;
}

export interface Forbidden {
  error: ErrorDetail;
  cacheControl?: string;
}

export interface NotFound {
  error: ErrorDetail;
}

export interface Conflict {
  error: ErrorDetail;
}

export type UserServiceHandlers = {
  signUp(request: SignUp, context: HandlerContext): Promise<LoggedIn> | LoggedIn;
  logIn(request: LogIn, context: HandlerContext): Promise<LoggedIn> | LoggedIn;
  logOut(browser: Browser, context: HandlerContext): Promise<LoggedOut> | LoggedOut;
  getMe(browser: Browser, context: HandlerContext): Promise<User> | User;
  changeMe(request: ChangeMe, context: HandlerContext): Promise<User> | User;
  whoami(browser: Browser, context: HandlerContext): Promise<Whoami> | Whoami;
  userOf(token: string, context: HandlerContext): Promise<User> | User;
  findUser(id: I64, context: HandlerContext): Promise<User> | User;
  findByEmail(email: string, context: HandlerContext): Promise<User> | User;
  authenticate(email: string, password: string, context: HandlerContext): Promise<User> | User;
  openSession(userId: I64, context: HandlerContext): Promise<string> | string;
  closeSession(token: string, context: HandlerContext): Promise<void> | void;
  closeExpired(limit: number, context: HandlerContext): Promise<number> | number;
  listUsers(
    begins: string,
    after: I64,
    limit: number,
    context: HandlerContext,
  ): Promise<readonly User[]> | readonly User[];
  setRole(id: I64, role: Role, context: HandlerContext): Promise<void> | void;
  makeOwner(id: I64, context: HandlerContext): Promise<void> | void;
};

export interface UserServiceClient {
  call(method: 'signUp', args: readonly [request: SignUp], options?: CallOptions): Promise<LoggedIn>;
  call(method: 'logIn', args: readonly [request: LogIn], options?: CallOptions): Promise<LoggedIn>;
  call(method: 'logOut', args: readonly [browser: Browser], options?: CallOptions): Promise<LoggedOut>;
  call(method: 'getMe', args: readonly [browser: Browser], options?: CallOptions): Promise<User>;
  call(method: 'changeMe', args: readonly [request: ChangeMe], options?: CallOptions): Promise<User>;
  call(method: 'whoami', args: readonly [browser: Browser], options?: CallOptions): Promise<Whoami>;
  call(method: 'userOf', args: readonly [token: string], options?: CallOptions): Promise<User>;
  call(method: 'findUser', args: readonly [id: I64], options?: CallOptions): Promise<User>;
  call(method: 'findByEmail', args: readonly [email: string], options?: CallOptions): Promise<User>;
  call(
    method: 'authenticate',
    args: readonly [email: string, password: string],
    options?: CallOptions,
  ): Promise<User>;
  call(method: 'openSession', args: readonly [userId: I64], options?: CallOptions): Promise<string>;
  call(method: 'closeSession', args: readonly [token: string], options?: CallOptions): Promise<void>;
  call(method: 'closeExpired', args: readonly [limit: number], options?: CallOptions): Promise<number>;
  call(
    method: 'listUsers',
    args: readonly [begins: string, after: I64, limit: number],
    options?: CallOptions,
  ): Promise<readonly User[]>;
  call(method: 'setRole', args: readonly [id: I64, role: Role], options?: CallOptions): Promise<void>;
  call(method: 'makeOwner', args: readonly [id: I64], options?: CallOptions): Promise<void>;
}
