package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/control"
	"collector/web"
)

// soundPath is where a sound is made and sent for as long as it is read.
const soundPath = Path + "sonify"

// soundsAtOnce are made at a time: each keeps a processor busy.
const soundsAtOnce = 2

// soundTime is how long a sound may keep its place: who hears it while it comes needs its
// length, and whoever takes it more slowly than at half the speed is cut off.
func soundTime(length time.Duration) time.Duration { return time.Minute + 2*length }

// errListensSlowly is why the sound of a slow reader ended.
var errListensSlowly = errors.New("it was taken more slowly than at half the speed of hearing it, and others wait for the place")

type soundQuestion struct {
	Asked
	Since  float64 `query:"since" minimum:"60" maximum:"2678400" default:"86400" doc:"how many seconds it goes back"`
	Length float64 `query:"length" minimum:"1" maximum:"3600" default:"180" doc:"how many seconds of sound, no more than it goes back; the last notes ring on for 3 seconds"`
}

// sonify sends a sound as it is made, in the memory of one step.
func (s *service) sonify(ctx context.Context, in *soundQuestion) (*huma.StreamResponse, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	if !(in.Since >= 60 && in.Length >= 1) { // what is no number passes for any
		return nil, unfit("since and length are no numbers of seconds", "give numbers")
	}
	w := control.Sounding{User: user, Since: ofSeconds(in.Since), Length: ofSeconds(in.Length)}
	if w.Length > w.Since {
		return nil, unfit("the sound would be longer than what it tells of", "give a smaller length")
	}
	if err := s.Panel.Few(ctx, user, s.Now()); err != nil {
		return nil, err
	}
	select {
	case s.sounds <- struct{}{}:
	default:
		return nil, &control.Problem{Kind: control.Busy, Reason: fmt.Sprintf("%d sounds are being made", soundsAtOnce), Whose: "nobody", Next: "wait until one of them has ended"}
	}
	handed := false
	defer func() {
		if !handed {
			<-s.sounds
		}
	}()
	sound, err := s.Panel.Sound(ctx, w, s.Now())
	if err == nil {
		err = s.seen(ctx, user)
	}
	if err != nil {
		return nil, err
	}
	handed = true
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { <-s.sounds }()
		r, out := humago.Unwrap(c)
		ctx, end := (&Slow{r, out}).begin(ctx)
		defer end()
		ctx, late := context.WithTimeoutCause(ctx, soundTime(w.Length), errListensSlowly)
		defer late()
		to := web.Patient(out)
		// What is being sent is not waited for either: whoever reads it may never take it.
		defer context.AfterFunc(ctx, func() { web.CutOff(out) })()
		h := out.Header()
		h.Set("Trailer", web.SoundTrailer)
		h.Set("Content-Type", web.SoundType)
		h.Set("Content-Disposition", `attachment; filename="likes.wav"`)
		heard, err := sound.Write(ctx, to)
		if err = because(ctx, err); err != nil {
			web.Note(ctx, fmt.Errorf("sending a sound: %w", err))
			web.CutOff(out)
			return
		}
		h.Set(web.SoundTrailer, web.HeaderJSON(heard))
	}}, nil
}

func ofSeconds(n float64) time.Duration { return time.Duration(math.Round(n * float64(time.Second))) }

// sounding is what sonify answers.
func sounding() *huma.Response {
	return &huma.Response{
		Description: "the sound; behind it, in the trailer " + web.SoundTrailer + ", what is heard in it",
		Content:     map[string]*huma.MediaType{web.SoundType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}
