import { AlertEntity } from './alerts/alert.entity.js';
import { MonitorEntity, MonitorReferenceEntity } from './monitors/monitor.entity.js';
import { PredictionBatchEntity, PredictionEntity } from './predictions/prediction.entity.js';
import { JudgedWindowEntity } from './windows/judged-window.entity.js';

/** Every table of the schema `drift`. */
export const driftEntities = [
  PredictionBatchEntity,
  PredictionEntity,
  MonitorEntity,
  MonitorReferenceEntity,
  JudgedWindowEntity,
  AlertEntity,
] as const;
