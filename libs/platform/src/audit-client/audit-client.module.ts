import { Global, Module } from '@nestjs/common';
import { AuditClient } from './audit-client.js';

@Global()
@Module({ providers: [AuditClient], exports: [AuditClient] })
export class AuditClientModule {}
