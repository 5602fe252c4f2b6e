"""What conversations are made of: the paper's question and, in wordings of our own, its three forms of answer."""

# The paper's question, to the letter ("a Overhead Press" included).
QUESTION = (
    "The subject is performing a Squat or a Overhead Press (OHP) exercise. Which one is he making? "
    "Is he making a mistake? If so, what mistake is he making?"
)

# The same of the exercises that the release has images of; the paper asks about clips only.
IMAGE_QUESTION = (
    "The subject is performing a Squat or a Barbell Row exercise. Which one is he making? "
    "Is he making a mistake? If so, what mistake is he making?"
)

NO_ERROR = (
    "No mistake can be seen.",
    "He makes no mistake.",
    "The form is correct from start to finish.",
    "There are no errors in this repetition.",
    "The technique is correct.",
    "The movement is carried out without errors.",
    "No error is visible in the execution.",
    "Everything is done correctly.",
    "This repetition is free of mistakes.",
    "The execution shows no faults.",
    "He performs it correctly, without any mistake.",
)

ONE_ERROR = (
    "He makes one mistake, at this body part",
    "There is an error at the following body part",
    "One mistake is visible",
    "The body part that moves incorrectly is",
    "The execution has a fault at this body part",
    "A single error can be seen",
    "The mistake concerns the following body part",
    "This part of the body is in the wrong position",
    "His technique fails at one body part",
    "What goes wrong is the following",
    "The form breaks down at this body part",
)

TWO_ERRORS = (
    "He makes two mistakes, at these body parts",
    "There are errors at the following body parts",
    "Two mistakes are visible",
    "The body parts that move incorrectly are",
    "The execution has faults at these body parts",
    "Two errors can be seen",
    "The mistakes concern the following body parts",
    "These parts of the body are in the wrong position",
    "His technique fails at two body parts",
    "Two things go wrong",
    "The form breaks down at these body parts",
)

# An image shows one instant, and "shallow depth" is no body part.
IMAGE_NO_ERROR = (
    "No mistake can be seen.",
    "He makes no mistake.",
    "The posture is correct.",
    "There are no errors in this image.",
    "The technique is correct.",
    "He holds the position without errors.",
    "No error is visible in the posture.",
    "Everything is done correctly.",
    "This position is free of mistakes.",
    "The image shows no faults.",
    "He performs it correctly, without any mistake.",
)

IMAGE_ERROR = (
    "One mistake is visible",
    "A single error can be seen",
    "He makes one mistake",
    "There is an error in this position",
    "The posture has the following fault",
    "His technique fails at one point",
    "What is wrong is the following",
    "This is the mistake he makes",
    "The image shows one mistake",
    "One thing about the posture is wrong",
    "The error that can be seen is",
)
