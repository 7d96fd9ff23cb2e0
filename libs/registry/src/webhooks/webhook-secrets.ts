import { join } from 'node:path';
import { Config, keepSealKey, seal, unseal } from '@assay/platform/config';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { isUsableSecret } from './signatures.js';

/** Webhook secrets at rest: AES-256-GCM under the installation's key (a file), each bound to its webhook. Nothing else ever sees one. */
@Injectable()
export class WebhookSecrets {
  private key: Buffer | null = null;

  constructor(private readonly config: Config) {}

  /** Null for no secret. @throws {AppError} for one that says it is of Standard Webhooks and isn't. */
  seal(webhookId: string, secret: string | undefined): Buffer | null {
    if (secret === undefined || secret === '') return null;
    if (!isUsableSecret(secret))
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        'The secret begins with whsec_, so base64 of 24 to 64 bytes must follow (Standard Webhooks).',
      );
    return seal(this.sealKey(), Buffer.from(secret), webhookId);
  }

  /** @throws when the key is another than the one it was sealed with. */
  open(webhookId: string, sealed: Buffer | null): string | null {
    return sealed === null ? null : unseal(this.sealKey(), sealed, webhookId).toString();
  }

  private sealKey(): Buffer {
    this.key ??= keepSealKey(this.config.webhooks.keyFile ?? join(this.config.dataDir, 'keys', 'webhooks.key'));
    return this.key;
  }
}
