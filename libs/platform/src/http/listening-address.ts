import { Injectable } from '@nestjs/common';

/** Where this process answers, known once it listens: what a worker on this machine calls back. */
@Injectable()
export class ListeningAddress {
  private address: string | null = null;

  set(url: string): void {
    this.address = url;
  }

  /** `http://host:port`, without a path. Null until the server listens. */
  get url(): string | null {
    return this.address;
  }
}
