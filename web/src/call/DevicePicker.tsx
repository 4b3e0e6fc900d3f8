/**
 * The choice of a microphone or a speaker from the browser's own list. It is empty if there is
 * nothing to choose.
 */

import { canChooseSpeaker } from './sound'
import type { MicrophoneView } from './useMicrophone'

interface DevicePickerProps {
  kind: 'microphone' | 'speaker'
  microphone: MicrophoneView
}

export function DevicePicker({ kind, microphone }: DevicePickerProps) {
  const isMicrophone = kind === 'microphone'
  const list = isMicrophone ? microphone.devices.microphones : microphone.devices.speakers
  if (list.length < 2 || (!isMicrophone && !canChooseSpeaker())) return null
  const value = isMicrophone ? microphone.deviceId : microphone.speaker || (list[0]?.deviceId ?? '')
  return (
    <p>
      <label>
        {isMicrophone ? 'Microphone' : 'Speaker'}
        <select
          value={value}
          onChange={(event) => {
            if (isMicrophone) void microphone.choose(event.target.value)
            else microphone.chooseSpeaker(event.target.value)
          }}
        >
          {list.map((device, index) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label || `${isMicrophone ? 'Microphone' : 'Speaker'} ${index + 1}`}
            </option>
          ))}
        </select>
      </label>
    </p>
  )
}
