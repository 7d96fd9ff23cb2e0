import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { EndpointRegistry } from './endpoint-registry.js';
import { ErrorFilter } from './error.filter.js';
import { ListeningAddress } from './listening-address.js';
import { ModelsBehind } from './models-behind.js';
import { ValidationInterceptor } from './validation.interceptor.js';

/** Validation, error shapes and the list of endpoints, for every controller of the process. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    EndpointRegistry,
    ListeningAddress,
    ModelsBehind,
    { provide: APP_INTERCEPTOR, useClass: ValidationInterceptor },
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
  exports: [EndpointRegistry, ListeningAddress, ModelsBehind],
})
export class HttpModule {}
