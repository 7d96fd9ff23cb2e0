import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { type Service, databaseToken } from '../database/index.js';
import { CredentialReader } from './credential-reader.js';
import { JobTokens } from './job-tokens.js';
import { PermissionGuard } from './permission.guard.js';
import { GUARD_DATABASE } from './guard-database.js';
import { HeldRefusalsInterceptor } from './held-refusals.interceptor.js';

/** Puts the guard in front of every endpoint. The app says who reads credentials, and whose database the guard uses. */
@Global()
@Module({})
export class AuthModule {
  static with(reader: Type<CredentialReader>, service: Service): DynamicModule {
    return {
      module: AuthModule,
      providers: [
        JobTokens,
        { provide: CredentialReader, useClass: reader },
        { provide: GUARD_DATABASE, useExisting: databaseToken(service) },
        { provide: APP_GUARD, useClass: PermissionGuard },
        { provide: APP_INTERCEPTOR, useClass: HeldRefusalsInterceptor },
      ],
      exports: [JobTokens, CredentialReader],
    };
  }
}
