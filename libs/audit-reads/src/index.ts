export type { AuditEvent } from './audit-event.js';
export { eventCount, eventsFrom, recordsAbout, type RecordTarget, targetsOf } from './audit-event.store.js';
export { eventCursorEntity, type EventCursor } from './event-cursor.entity.js';
export { EventFeed } from './event-feed.js';
export { Subscription, type SubscriptionOptions } from './subscription.js';
