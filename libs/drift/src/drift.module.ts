import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AlertStore } from './alerts/alert.store.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsService } from './alerts/alerts.service.js';
import { CloseAlert } from './alerts/close-alert.js';
import { OpenAlert } from './alerts/open-alert.js';
import { driftEntities } from './entities.js';
import { ModelsBehindMonitors } from './models-behind-monitors.js';
import { CreateMonitor } from './monitors/create-monitor.js';
import { MonitorStore } from './monitors/monitor.store.js';
import { MonitorsController } from './monitors/monitors.controller.js';
import { MonitorsService } from './monitors/monitors.service.js';
import { PredictionStore } from './predictions/prediction.store.js';
import { PredictionsController } from './predictions/predictions.controller.js';
import { RecordPredictions } from './predictions/record-predictions.js';
import { JudgeWindow } from './windows/judge-window.js';
import { JudgedWindowStore } from './windows/judged-window.store.js';
import { WindowRecord } from './windows/window-record.js';
import { WindowsController } from './windows/windows.controller.js';
import { WindowsService } from './windows/windows.service.js';

/** The drift monitor: predictions in, monitors with frozen references, judged windows, alerts. Needs the artifact store. */
@Module({
  imports: [TypeOrmModule.forFeature([...driftEntities], 'drift')],
  controllers: [PredictionsController, MonitorsController, WindowsController, AlertsController],
  providers: [
    PredictionStore,
    RecordPredictions,
    MonitorStore,
    MonitorsService,
    CreateMonitor,
    JudgedWindowStore,
    WindowsService,
    WindowRecord,
    JudgeWindow,
    AlertStore,
    AlertsService,
    OpenAlert,
    CloseAlert,
    ModelsBehindMonitors,
  ],
})
export class DriftModule {}
